# Ce qui a été compris et fait : confirmations, demandes de confirmation, courriels de et vers
# un service des adhésions. Chaque `said-` dit : ce que nous avons compris, ce que cela veut
# dire (avec et sans assurance) et, pour une demande de confirmation, ce qui a été demandé.

said-renewed-by-invoice =
    .subject = Votre adhésion { $season } { $to } : renouvellement noté, paiement à venir
    .what = Nous avons compris : vous renouvelez votre adhésion { $to } pour { $season } et paierez par chèque ou sur facture.
    .means = Votre intention de payer est notée. Ceci n’est pas un reçu : un reçu suivra quand le paiement nous sera parvenu.
    .means-insured = Votre intention de payer est notée, tant pour l’adhésion que pour l’assurance responsabilité professionnelle. Ceci n’est pas un reçu : un reçu suivra quand le paiement nous sera parvenu.
    .asked = Renouveler votre adhésion { $to } pour { $season } et payer par chèque ou sur facture.
said-not-renewing =
    .subject = Vous ne renouvelez pas votre adhésion { $season } { $to } : c’est noté
    .what = Nous avons compris : vous ne renouvelez pas votre adhésion { $to } pour { $season }.
    .means = Nos rappels prennent fin. À moins que vous ne changiez d’avis, votre adhésion sera échue le { $lapses }.
    .means-insured = Nos rappels prennent fin. À moins que vous ne changiez d’avis, votre couverture d’assurance sera interrompue à compter du { $cover_from }, et votre adhésion sera échue le { $lapses }.
    .asked = Ne pas renouveler votre adhésion { $to } pour { $season }.
said-unsubscribed =
    .subject = Vous ne recevrez plus de rappels pour votre adhésion ({ $short })
    .what = Nous avons compris : vous ne voulez plus recevoir de rappels au sujet de votre adhésion { $to }.
    .means = Les rappels ont pris fin. Cela ne change rien à votre adhésion. Les factures et les confirmations vous parviendront toujours.
    .means-insured = Les rappels ont pris fin. Cela ne change rien à votre adhésion. Les factures, les confirmations et le dernier rappel avant la fin de votre couverture d’assurance vous parviendront toujours.
    .asked = Ne plus recevoir de rappels au sujet de votre adhésion { $to }.
said-resubscribed =
    .subject = Vous recevrez de nouveau les rappels pour votre adhésion ({ $short })
    .what = Nous avons compris : vous voulez recevoir de nouveau les rappels au sujet de votre adhésion { $to }.
    .means = Le prochain rappel vous parviendra si vous n’avez pas répondu d’ici là.
    .means-insured = Le prochain rappel vous parviendra si vous n’avez pas répondu d’ici là.
    .asked = Recevoir de nouveau les rappels au sujet de votre adhésion { $to }.
said-undone =
    .subject = Votre dernière réponse est annulée : le renouvellement est de nouveau à faire ({ $short })
    .what = Nous avons compris : vous annulez votre dernière réponse au sujet de votre adhésion { $to } pour { $season }.
    .means = Votre renouvellement est de nouveau à faire. Veuillez répondre au plus tard le { $deadline }.
    .means-insured = Votre renouvellement est de nouveau à faire. Pour maintenir votre assurance sans interruption, répondez au plus tard le { $deadline }.
    .asked = Annuler votre dernière réponse au sujet de votre adhésion { $to } pour { $season }.
said-help =
    .subject = Comment renouveler votre adhésion { $season } { $to }
    .what = Vous nous avez demandé comment renouveler votre adhésion.
    .means = Votre lien personnel ouvre une page qui indique ce que vous devez. Répondez-y au plus tard le { $deadline }. Votre message n’a rien changé.
    .means-insured = Votre lien personnel ouvre une page qui indique ce que vous devez, assurance comprise. Répondez-y au plus tard le { $deadline }. Votre message n’a rien changé.
    .asked = Savoir comment renouveler votre adhésion.
said-says-paid =
    .subject = Paiement de votre renouvellement : nous vérifions ({ $short })
    .what = Nous avons compris : vous avez payé votre renouvellement { $season } ({ $short }).
    .means = Les rappels de paiement sont suspendus le temps de nos vérifications. Rien n’est encore inscrit comme payé : un reçu suivra quand nous aurons trouvé votre paiement.
    .means-insured = Les rappels de paiement sont suspendus le temps de nos vérifications. Rien n’est encore inscrit comme payé, ni pour l’adhésion ni pour l’assurance : un reçu suivra quand nous aurons trouvé votre paiement.
    .asked = Rechercher votre paiement pour { $season }.

pledged-total = Montant à payer : { $total }
undo-link = Si ce n’est pas ce que vous vouliez, ouvrez le lien ci-dessous dans les 24 heures ou répondez à ce courriel.
undo-answer = Si ce n’est pas ce que vous vouliez, répondez à ce courriel.

help-words = Vous pouvez aussi répondre à ce courriel par un seul mot :
help-renew = RENOUVELER, pour renouveler et payer par chèque ou sur facture
help-paid = PAYÉ, si votre paiement est en route ou déjà fait
help-stop = ARRÊT, pour ne plus recevoir de rappels
help-else = Tout autre message sera lu par notre personnel.

fresh-link =
    .subject = Votre nouveau lien personnel pour renouveler votre adhésion { $season } ({ $short })
    .intro = Le lien utilisé n’était plus valide. En voici un nouveau pour votre adhésion { $to }, envoyé à l’adresse inscrite à votre dossier.
    .not-you = Si vous ne l’avez pas demandé, vous n’avez rien à faire : rien n’a changé.

confirm-request =
    .subject = Veuillez confirmer votre demande faite par courriel ({ $short })
    .intro = Un courriel envoyé en votre nom nous demande ceci :
    .confirm = Nous n’avons pas pu nous assurer qu’il vient de vous : rien n’a donc été fait. S’il vient bien de vous, confirmez-le au moyen du bouton.
    .not-you = S’il ne vient pas de vous, vous n’avez rien à faire : sans confirmation, rien ne change.

forward =
    .subject = [{ $short }] { $subject }
    .subject-member = [{ $short } { $member_no }] { $subject }
    .intro = Un message reçu demande votre attention.
    .answer = Répondez à ce courriel comme d’habitude : nous transmettrons votre réponse à la personne qui a écrit.
    .answer-stray = Répondez à ce courriel comme d’habitude : votre réponse ira directement à la personne qui a écrit.
    .why-question = Il contient une question à laquelle nous ne répondons pas automatiquement.
    .why-unverified = Nous n’avons pas pu nous assurer que ce message vient bien du membre.
    .why-no-token = Il ne renvoie à aucun de nos messages : nous ne savons pas de quel membre il s’agit.
    .why-expired = Il répond à un ancien courriel, dont l’adresse de réponse n’agit plus automatiquement.
    .why-complaint = Il signale l’un de nos courriels comme indésirable, sous une forme qui n’agit pas automatiquement.
    .why-unparsed = Il n’a pas pu être lu en entier : ce qui a pu l’être figure ci-dessous.
    .why-too-large = Il était trop volumineux pour être lu en entier : son début figure ci-dessous.
    .why-verify = On y demande si un courriel vient de nous, et aucune adresse au dossier ne permet d’y répondre.
    .from = De : { $from }
    .member = Membre : { $name }, { $member_no }
    .received = Reçu : { $received }
    .subject-line = Objet : { $subject }
    .text = ---- Début du texte reçu (liens désactivés) ----
    .text-end = ---- Fin du texte reçu ----

desk-answer =
    .subject = Réponse { $of } à votre message sur le renouvellement
    .intro = Voici la réponse à votre message.
    .above = La réponse à votre message figure plus haut, dans la langue où elle a été écrite.
    .back = Pour nous écrire de nouveau, répondez à ce courriel.

desk-note =
    .subject-address-suspended = [{ $short } { $member_no }] Les courriels à ce membre reviennent
    .subject-firing-held = [{ $short }] Un envoi attend votre décision
    .subject-messages-held = [{ $short }] Envoi interrompu : trop d’adresses désactivées
    .address-suspended = Les courriels destinés à { $name }, numéro { $member_no }, nous reviennent de { $address }. À l’exception du dernier rappel avant la fin de la couverture d’assurance, nous n’envoyons plus rien à cette adresse.
    .until = Les envois reprendront dès que le membre utilisera l’un de nos liens ou répondra à l’un de nos courriels, ou dès que la liste donnera une autre adresse.
    .reach = Autres moyens de joindre le membre :
    .phone = Téléphone : { $phone }
    .other = Autre adresse : { $other_address }
    .employer = Employeur : { $employer }
    .no-other = La liste ne donne aucun autre moyen de joindre le membre.
    .shared = La même adresse figure au dossier d’autres membres : { $shared }.
    .correct = Veuillez corriger l’adresse dans le système de gestion des membres; la prochaine liste la transmettra ici.
    .firing-held = L’envoi « { $step_name } », prévu { $due }, n’a pas pu partir à temps. Il n’a pas été effectué.
    .messages-held = Lors de l’envoi « { $step_name } », prévu { $due }, tant d’adresses se sont révélées désactivées que la panne est peut-être ailleurs, par exemple au serveur de courriel d’un employeur. Le reste de l’envoi est suspendu.
    .decide = Décidez s’il doit partir ou non, et faites exécuter l’une de ces commandes sur le serveur :
    .approve = relance firing approve { $firing }
    .cancel = relance firing cancel { $firing }
