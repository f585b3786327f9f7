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

deadline-insured = Pour maintenir votre assurance responsabilité professionnelle sans interruption, répondez au plus tard le { $deadline }.
deadline-plain = Veuillez répondre au plus tard le { $deadline }.

button-renew = Renouveler mon adhésion
button-confirm = Confirmer ma demande
button-open = Ouvrir ma page de renouvellement
button-line = { $label } :
link-in-full = Ou ouvrez ce lien personnel :

how-to-pay = Vous pouvez payer par chèque ou sur facture : indiquez-le sur votre page de renouvellement.
how-to-pay-insured = Vous pouvez payer par chèque ou sur facture : en l’indiquant sur votre page de renouvellement avant l’échéance, vous déclarez votre intention de payer, tant pour l’adhésion que pour l’assurance.

changed-title = Votre employeur paie ou votre situation a changé?
changed = Dites-le-nous en quelques mots en répondant à ce courriel : congé, retraite, déménagement, changement de payeur. Votre message parviendra aux personnes qui peuvent vous aider.

nothing-title = Si vous ne faites rien
nothing-insured = Votre couverture d’assurance sera interrompue à compter du { $cover_from }, et votre adhésion { $to } sera échue le { $lapses }.
nothing-plain = Votre adhésion { $to } sera échue le { $lapses }.
not-renewing-hint = Si vous avez décidé de ne pas renouveler, dites-le-nous sur votre page de renouvellement et nos rappels prendront fin.

genuine-title = Ce courriel est-il authentique?
genuine = Il provient de { $from_address }, et son bouton mène à { $host }, nulle part ailleurs. Nous ne demandons jamais de mot de passe ni de numéro de carte par courriel. En cas de doute, n’ouvrez rien et appelez-nous au { $phone }.

sender-behalf = { $issuer }, également pour le compte de : { $behalf }
help-own = Questions sur votre assurance ou votre dossier : { $help_desk }, { $help_email }, { $help_phone }
help-area = Questions sur l’espace membre : { $area_desk }, { $area_email }, { $area_phone }
help-one = Questions sur votre assurance, votre dossier ou l’espace membre : { $help_desk }, { $help_email }, { $help_phone }
why-step = Vous recevez ce courriel parce que vous figurez sur la liste des membres { $of } et que votre adhésion est à renouveler.
why-answer = Vous recevez ce courriel à la suite d’une demande faite au moyen de votre lien personnel ou depuis votre adresse courriel.
stop = Pour ne plus recevoir de rappels au sujet de votre adhésion { $to } :
stop-link = mettre fin aux rappels
stop-keeps = Les factures, les confirmations et le dernier rappel avant la fin de la couverture d’assurance vous parviendront toujours.
