# Factures, notes de crédit et reçus.

invoice-title = Facture { $number }
credit-note-title = Note de crédit { $number }
invoice-corrects = Elle annule la facture { $corrects }.
invoice-date = Date : { $issued_on }
invoice-due = À payer au plus tard le { $due_on }
invoice-share = À payer au plus tard le { $due_on } : { $amount }
invoice-to = Au nom de : { $bill_to }
invoice-for = Pour : { $name }, numéro de membre { $member_no }
invoice-order = Bon de commande : { $purchase_order }
invoice-pay-cheque = Par chèque, à l’ordre de : { $issuer }, { $postal }. Inscrivez-y le numéro { $number }.
invoice-pay-transfer = Par virement électronique, à : { $transfer_to }. Inscrivez le numéro { $number } dans le message.
invoice-no-proof = Cette facture n’est ni un reçu ni une preuve d’assurance. Un reçu suivra quand le paiement nous sera parvenu.
invoice-certificate = Votre certificat d’assurance vous sera délivré par { $certificate_by }, dans les { $certificate_days } jours ouvrables suivant la réception de la prime.

invoice-mail-instead =
    .subject = La facture { $number } ({ $short }) en remplace une autre
    .intro = Votre facture pour { $season } a changé. Celle qui suit la remplace; tout montant déjà payé y sera appliqué.
invoice-mail-credited =
    .subject = Note de crédit { $number } ({ $short }) : une facture est annulée
    .intro = Une facture à votre nom est annulée : vous ne la devez plus. Notre personnel s’occupe de tout montant déjà payé.
invoice-mail-second-copy =
    .subject = La facture { $number } ({ $short }) était à payer au plus tard le { $due_on }
    .intro = Nous n’avons pas encore reçu le paiement complet de la facture qui suit, dont voici une seconde copie. S’il est en route, vous n’avez rien à faire.
invoice-mail-late-fee =
    .subject = Frais de retard pour votre adhésion : facture { $number } ({ $short })
    .intro = Une facture à votre nom n’a pas été payée à l’échéance. Voici les frais de retard.
invoice-mail-returned =
    .subject = Un paiement de la facture { $number } ({ $short }) n’a pas été honoré
    .intro = Un paiement de la facture qui suit nous a été retourné par la banque. La facture, ou ce qu’il en reste, est de nouveau à payer.

receipt =
    .subject = Reçu de votre paiement pour { $season } ({ $short }) : { $total }
    .intro = Nous avons reçu votre paiement. Voici votre reçu.
    .number = Numéro du reçu : { $payment }
    .day = Reçu le { $received_on }
    .invoices = Pour : { $invoices }
    .total = Montant reçu
    .left = Reste à payer : { $left }
    .whole = Votre facture est payée en entier. Merci!
    .unapplied = Montant reçu en trop : { $unapplied }. Notre personnel communiquera avec vous à ce sujet.
    .no-proof = Ce reçu n’est pas une preuve d’assurance : seul votre certificat en est une.
receipt-card = Payé par carte
receipt-cheque = Payé par chèque
receipt-transfer = Payé par virement électronique
receipt-ams = Payé directement à l’association
