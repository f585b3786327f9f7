# Les pages de la démonstration : une boîte avec le courrier de tout le monde, et le calendrier.

demo-title = Relance : la démonstration
demo-now = Nous sommes le { $now }
demo-switch = English
demo-mailbox = Boîte de réception
demo-mails = { $count ->
    [0] Aucun courriel pour l’instant
    [one] { $count } courriel
   *[other] { $count } courriels
}
demo-found = { $count ->
    [0] Aucun courriel trouvé
    [one] { $count } courriel trouvé
   *[other] { $count } courriels trouvés
}
demo-find =
    .label = Nom, adresse, numéro de membre ou objet
    .button = Chercher
    .all = Tout afficher
demo-newer = Plus récents
demo-older = Plus anciens
demo-page = Page { $page } de { $pages }

demo-welcome =
    .title = Une période de renouvellement, vue d’en haut
    .body = Sept associations, { $people } membres inventés, un seul service. Rien ne quitte cet ordinateur : tout le courrier arrive ici, peu importe à qui il s’adresse.
    .one = Appuyez sur le premier bouton : le calendrier saute aux premiers avis.
    .two = Ouvrez un courriel, puis son lien : c’est tout ce que voit un membre.
    .three = Répondez à un courriel en mots simples, faites-en revenir un autre, puis continuez : les rappels ne vont qu’aux membres qui n’ont pas répondu.

demo-jump =
    .title = Calendrier
    .to = Aller au { $at }
    .end = Aller à la fin de la période
    .over = La période est terminée.
    .wait = Le courrier part pendant le saut : cela prend un moment.
demo-step-notice = { $body } : avis
demo-step-reminder = { $body } : rappel
demo-step-last-call = { $body } : dernier rappel
demo-step-lapse = { $body } : échéance
demo-step-payment-reminder = { $body } : rappel de paiement
demo-to = { $count ->
    [0] personne
    [one] { $count } destinataire
   *[other] { $count } destinataires
}
demo-done = envoyé
demo-coming = à venir

demo-season = Période { $season }

demo-state = Où en sont les choses
demo-count-sent = Courriels envoyés
demo-count-link = Renouvelé par le lien
demo-count-reply = Renouvelé par réponse
demo-count-leave = Sans renouvellement
demo-count-open = Pas encore de réponse
demo-count-desk = Transmis à un service
demo-count-stopped = Rappels arrêtés
demo-count-bounced = Revenus
demo-count-letter = Sans adresse

demo-kind-notice = avis
demo-kind-reminder = rappel
demo-kind-last-call = dernier rappel
demo-kind-lapse = échéance
demo-kind-payment-reminder = rappel de paiement
demo-kind-confirmation = confirmation
demo-kind-confirm-request = à confirmer
demo-kind-fresh-link = nouveau lien
demo-kind-forward = au service
demo-kind-desk-answer = réponse du service
demo-kind-desk-note = note au service
demo-kind-invoice = facture
demo-kind-receipt = reçu
demo-kind-payer-invoice = facture à l’employeur
demo-kind-payer-receipt = reçu à l’employeur
demo-kind-payer-returned = paiement de l’employeur retourné
demo-kind-refund = remboursement sur carte
demo-kind-payer-refund = remboursement sur carte
demo-kind-paid-by-payer = payé par l’employeur
demo-kind-address-change = changement d’adresse
demo-kind-digest = récapitulatif
demo-kind-verify-answer = courriel à vérifier
demo-kind-insurance-follow-up = suivi d’assurance
demo-kind-declaration-recorded = déclaration
demo-kind-cover-ended = fin de la couverture
demo-kind-cover-pending = couverture en attente
demo-kind-certificate = attestation

demo-mail =
    .back = Retour à la boîte de réception
    .from = De
    .to = À
    .date = Date
    .views = Affichages
    .frame = Le courriel, comme l’affiche une messagerie
    .person = Autres courriels à cette personne
demo-view-html = HTML
demo-view-text = Texte
demo-view-source = Source

demo-reply =
    .title = Répondre
    .quick = Comme le ferait un membre :
    .label = Ou dans vos propres mots
    .elsewhere = Écrire d’une adresse qui n’est pas au dossier
    .button = Envoyer la réponse
demo-quick-renew = RENEW
demo-quick-renouveler = RENOUVELER
demo-quick-stop = ARRÊT
demo-quick-question = Mon employeur paie. Pouvez-vous lui envoyer la facture?
demo-quick-leave = I do not want to renew.

demo-other =
    .title = Ou autre chose arrive
    .away = Avis d’absence
    .spam = Signalé comme indésirable
demo-trouble-no-user = Adresse inconnue
demo-trouble-full = Boîte pleine
demo-trouble-delayed = Remise retardée

demo-did = Ce qui en est résulté
demo-outcome-answered-invoice = Compris : renouvelé, par chèque ou sur facture. Une confirmation est partie.
demo-outcome-stopped = Compris : plus de rappels. Une confirmation est partie.
demo-outcome-helped = Compris : une question sur la marche à suivre. Une explication est partie.
demo-outcome-asked-to-confirm = Compris, mais pas encore fait : on demande d’abord de confirmer, à l’adresse au dossier.
demo-outcome-to-desk = Quelqu’un doit le lire : le message est transmis au service.
demo-outcome-desk-answer = La réponse du service est transmise au membre.
demo-outcome-bounced-hard = Adresse désactivée : plus rien n’y part tant que personne n’agit.
demo-outcome-bounced-soft = Noté au dossier de l’adresse; les envois continuent.
demo-outcome-complained = Les rappels à ce membre sont arrêtés.
demo-outcome-kept = Lu et conservé; il n’y a rien à faire.
demo-outcome-duplicate = Le même courriel de nouveau : rien ne change.
demo-outcome-past = La réponse est allée droit à la personne, sans passer par le service.
demo-outcome-unread = Le courriel n’est pas encore lu.
demo-fault-no-mail = Ce courriel n’existe pas.
demo-fault-only-here = Seule cette page peut faire cela. Revenez en arrière et appuyez de nouveau sur le bouton.
demo-failed = Cela n’a pas fonctionné : { $why }
