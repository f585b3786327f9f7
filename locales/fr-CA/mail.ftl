# Ce qui entoure chaque courriel, et les étapes d’une période de renouvellement.

other-below = Version française plus bas
hello = Bonjour { $name },
hello-nameless = Bonjour,
member-no = Numéro de membre : { $member_no }

notice =
    .subject = Adhésion { $season } { $to } : à renouveler au plus tard le { $deadline_day }
    .intro = Voici votre avis de renouvellement pour { $season }. Il porte sur votre adhésion { $to } du { $cover_from } au { $cover_until }. Le renouvellement se fait en quelques minutes, sans compte ni mot de passe.
reminder =
    .subject = Rappel : votre adhésion { $season } { $to } est à renouveler
    .intro = Nous n’avons pas encore reçu votre réponse au sujet de votre adhésion { $to } pour { $season }. Si vous avez répondu au cours des dernières 24 heures, ne tenez pas compte de ce rappel.
last-call =
    .subject-insured = Dernier rappel : répondez au plus tard le { $deadline_day } pour maintenir votre assurance ({ $short })
    .subject-plain = Dernier rappel : renouvelez votre adhésion { $season } { $to } au plus tard le { $deadline_day }
    .intro-insured = Voici notre dernier message avant l’échéance. Nous n’avons pas encore reçu votre réponse pour { $season }, et votre assurance responsabilité professionnelle en dépend.
    .intro-plain = Voici notre dernier message avant l’échéance. Nous n’avons pas encore reçu votre réponse au sujet de votre adhésion { $to } pour { $season }.

lapse =
    .subject = Votre adhésion { $season } { $to } est échue : comment la rétablir
    .intro = Nous n’avons pas reçu votre réponse au sujet du renouvellement de votre adhésion { $to } pour { $season }. Elle est échue depuis la fin de la journée du { $lapses }.
    .back-title = Pour obtenir votre réintégration
    .back = Votre lien personnel fonctionne toujours. Vous pouvez renouveler sur la même page en quelques minutes, au plus tard le { $closes }.
    .fee = Le montant ci-dessous comprend des frais de retard.
    .cover-title = Votre assurance
    .cover = Votre assurance responsabilité professionnelle est aussi touchée. Avant de vous y fier, demandez-nous si elle peut être rétablie et à compter de quel jour : répondez à ce courriel ou appelez-nous au { $phone }.
    .leaving-title = Vous avez décidé de nous quitter?
    .leaving = Vous n’avez alors rien à faire. Vous ne recevrez plus de rappels pour { $season }. Merci de nous avoir accompagnés jusqu’ici.
payment-reminder =
    .subject = Rappel de paiement : votre adhésion { $season } { $to }
    .intro = Vous avez renouvelé votre adhésion { $to } pour { $season } et choisi de payer par chèque ou sur facture. Votre paiement n’est pas encore inscrit à votre dossier.
    .by = À payer au plus tard le { $pay_by }.
    .how = Votre page indique ce que vous devez et comment le payer.
    .sent-title = Votre paiement est en route?
    .sent = Ne tenez alors pas compte de ce rappel, ou répondez-y par le seul mot PAYÉ : nous chercherons votre paiement et les rappels seront suspendus entre-temps.
    .trouble-title = Une autre personne paie ou quelque chose ne va pas?
    .trouble = Répondez à ce courriel en quelques mots. Votre message parviendra aux personnes qui peuvent vous aider.

deadline-insured = Pour maintenir votre assurance responsabilité professionnelle sans interruption, répondez au plus tard le { $deadline }.
deadline-plain = Veuillez répondre au plus tard le { $deadline }.

button-renew = Renouveler mon adhésion
button-confirm = Confirmer ma demande
button-open = Ouvrir ma page de renouvellement
button-line = { $label } :
link-in-full = Ou ouvrez ce lien personnel :

how-to-pay = Vous pouvez payer par chèque ou sur facture : indiquez-le sur votre page de renouvellement.
how-to-pay-insured = Vous pouvez payer par chèque ou sur facture : en l’indiquant sur votre page de renouvellement avant l’échéance, vous déclarez votre intention de payer, tant l’adhésion que l’assurance.
pay-card = Sur votre page de renouvellement, vous pouvez payer sans attendre par carte de crédit.
questions-on-page = Votre page contient aussi les questions relatives à l’assurance.

changed-title = Votre employeur paie ou votre situation a changé?
changed = Sur votre page de renouvellement, vous pouvez faire envoyer la facture à votre employeur ou indiquer ce qui a changé : congé, retraite, déménagement. Vous pouvez aussi nous l’écrire en quelques mots en répondant à ce courriel.

nothing-title = Si vous ne faites rien
nothing-insured = Votre couverture d’assurance sera interrompue à compter du { $cover_from }, et votre adhésion { $to } prendra fin le { $lapses }.
nothing-plain = Votre adhésion { $to } prendra fin le { $lapses }.
not-renewing-hint = Si vous avez décidé de ne pas renouveler, dites-le-nous sur votre page de renouvellement et nos rappels prendront fin.

genuine-title = Ce courriel est-il authentique?
genuine = Il provient de { $from_address }, et son bouton mène à { $host }, nulle part ailleurs. Nous ne demandons jamais de mot de passe ni de numéro de carte par courriel. En cas de doute, n’ouvrez rien et appelez-nous au { $phone }.

sender-behalf = { $issuer }, également pour le compte de : { $behalf }
help-own = Questions sur votre assurance ou votre dossier : { $help_desk }, { $help_email }, { $help_phone }
help-area = Questions sur l’espace membre : { $area_desk }, { $area_email }, { $area_phone }
help-one = Questions sur votre assurance, votre dossier ou l’espace membre : { $help_desk }, { $help_email }, { $help_phone }
why-step = Vous recevez ce courriel parce que vous figurez sur la liste des membres { $of } et que votre adhésion est à renouveler.
why-promise = Vous recevez ce courriel parce que vous avez renouvelé votre adhésion { $to } et que le paiement est encore attendu.
why-lapse = Vous recevez ce courriel parce que votre adhésion { $to } était à renouveler et qu’elle est maintenant échue.
why-answer = Vous recevez ce courriel à la suite d’une demande faite au moyen de votre lien personnel ou depuis votre adresse courriel.
stop = Pour ne plus recevoir de rappels au sujet de votre adhésion { $to } :
stop-link = mettre fin aux rappels
stop-keeps = Les factures, les confirmations et le dernier rappel avant la fin de la couverture d’assurance vous parviendront toujours.
