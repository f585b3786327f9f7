# Les pages des membres.

page-switch = English
page-questions = Des questions? Répondez à notre courriel ou appelez-nous.
page-faults = À corriger
page-step = Étape { $step } sur 4

bill-line = Description
bill-amount = Montant

page-renewal =
    .title = Votre adhésion { $to } pour { $season }
    .you = Vos renseignements
    .name = Nom
    .number = Numéro de membre
    .category = Catégorie
    .address = Adresse courriel au dossier
    .you-wrong = Si quelque chose est inexact, répondez à notre courriel : nous ferons la correction.
    .insurance = Votre assurance responsabilité professionnelle (ARP)
    .insured = Ce renouvellement comprend votre couverture du { $cover_from } au { $cover_until }.
    .not-insured = Ce renouvellement ne comprend pas d’assurance.
    .owed = Ce que vous devez
    .payment = Votre réponse
    .invoice = En appuyant sur ce bouton, vous confirmez votre renouvellement et votre intention de payer par chèque ou sur facture. Le paiement peut ensuite venir de vous ou de votre employeur.
    .invoice-insured = En appuyant sur ce bouton, vous confirmez votre renouvellement et votre intention de payer par chèque ou sur facture, prime d’assurance comprise. Le paiement peut ensuite venir de vous ou de votre employeur.
    .button-invoice = Payer par chèque/facture
    .not-renewing = Je ne renouvelle pas
    .leaving = Nos rappels prendront alors fin, et votre adhésion sera échue le { $lapses }.
    .leaving-insured = Nos rappels prendront alors fin. Votre couverture d’assurance sera interrompue à compter du { $cover_from }, et votre adhésion sera échue le { $lapses }.
    .reason = La raison, si vous voulez nous la donner ({ $reason_chars_max } caractères au plus)
    .button-not-renewing = Je ne renouvelle pas pour { $season }

choice-invoice = Renouveler et payer par chèque ou sur facture
choice-not-renewing = Ne pas renouveler

page-done =
    .at = Le { $at }.
    .undo = Ce n’est pas ce que vous vouliez? Vous pouvez annuler votre réponse ici jusqu’au { $undo_until }.
    .button-undo = Annuler ma réponse
    .no-undo = Pour changer quelque chose, répondez à notre courriel.
done-renewed-by-invoice =
    .title = Votre renouvellement est noté
    .what = Vous renouvelez pour { $season } et paierez par chèque ou sur facture.
done-renewed =
    .title = Votre renouvellement est terminé
    .what = Vous renouvelez pour { $season } et n’avez rien à payer.
done-not-renewing =
    .title = Votre réponse est notée
    .what = Vous ne renouvelez pas pour { $season }.
done-unsubscribed =
    .title = Les rappels ont pris fin
    .what = Vous ne recevrez plus de rappels { $of }.
done-resubscribed =
    .title = Les rappels reprennent
    .what = Vous recevrez de nouveau les rappels { $of }.
done-undone =
    .title = Votre réponse est annulée
    .what = Votre renouvellement pour { $season } est de nouveau à faire.
done-help =
    .title = Comment renouveler votre adhésion
    .what = Vous nous avez demandé comment renouveler votre adhésion.
done-says-paid =
    .title = Nous cherchons votre paiement
    .what = Vous nous avez indiqué avoir payé pour { $season }.

page-conflict =
    .title = Quelle réponse faut-il retenir?
    .answered = Une réponse a déjà été donnée sur cette page, et la nouvelle en diffère. Rien n’a encore été modifié.
    .changed = Quelque chose a changé depuis que vous avez ouvert cette page. Votre réponse n’a pas encore été notée.
    .recorded = Au dossier
    .details = Les détails de votre renouvellement ont changé.
    .asked = Votre nouvelle réponse
    .keep = Garder ce qui est au dossier
    .replace = Retenir ma nouvelle réponse

page-unsubscribe =
    .title = Mettre fin aux rappels?
    .body = Si vous confirmez, nous n’enverrons plus de rappels au sujet de votre adhésion { $to } à l’adresse { $address }. Cela ne change rien à votre adhésion.
    .keeps = Les factures et les confirmations vous parviendront toujours.
    .keeps-insured = Les factures, les confirmations et le dernier rappel avant la fin de votre couverture d’assurance vous parviendront toujours.
    .button = Mettre fin aux rappels
page-unsubscribed =
    .title = Les rappels ont pris fin
    .body = Nous n’enverrons plus de rappels au sujet de votre adhésion { $to } à l’adresse { $address }. Cela ne change rien à votre adhésion.
    .again = Était-ce une erreur?
    .button = Recevoir de nouveau les rappels

page-confirm =
    .title = Confirmez votre demande
    .body = Un courriel envoyé en votre nom nous demande ceci :
    .not-you = S’il ne vient pas de vous, fermez cette page : sans confirmation, rien ne change.

page-expired =
    .title = Ce lien n’est plus valide
    .body = Pour votre protection, un lien n’est valide que pendant un certain temps. Nous pouvons en envoyer un nouveau à l’adresse inscrite à votre dossier : { $address }.
    .button = Recevoir un nouveau lien
page-fresh-link-sent =
    .title = Un nouveau lien est en route
    .body = Si l’adresse { $address } figure au dossier, un courriel contenant un nouveau lien y parviendra d’ici quelques minutes.
    .late = Vous n’avez rien reçu? Vérifiez d’abord vos courriels indésirables, puis appelez-nous au numéro ci-dessous.

page-damaged =
    .title = Ce lien ne fonctionne pas
    .body = L’adresse est incomplète ou a été modifiée en chemin. Cela arrive quand un logiciel de messagerie coupe une longue ligne.
    .what-to-do = Ouvrez de nouveau le lien du courriel ou copiez-le en entier. Si cela ne suffit pas, répondez au courriel.

page-not-found =
    .title = Cette page n’existe pas
    .body = Veuillez utiliser le lien du courriel que vous avez reçu.
page-wrong-method =
    .title = Cette page ne permet pas cette action
    .body = Veuillez ouvrir de nouveau le lien du courriel et utiliser les boutons de la page.
page-too-large =
    .title = Le texte est trop long
    .body = Rien n’a été noté. Revenez en arrière, raccourcissez votre texte et envoyez-le de nouveau.
page-bad-form =
    .title = Votre réponse n’a pas été notée
    .body = Le formulaire ne nous est pas parvenu correctement. Le problème est indiqué plus haut.
    .back = Ouvrir la page de nouveau
page-too-many =
    .title = Trop de demandes en ce moment
    .body = Rien n’est perdu. Veuillez patienter une minute, puis essayer de nouveau.
page-server-trouble =
    .title = Un problème est survenu de notre côté
    .body = Il se peut que votre réponse n’ait pas été notée. Veuillez ouvrir de nouveau le lien du courriel dans quelques minutes : la page montre ce qui est au dossier.
page-front =
    .title = Renouvellement de l’adhésion
    .body = Ce site permet aux membres de renouveler leur adhésion aux associations et instituts de la fédération.
    .what-to-do = Utilisez le lien personnel du courriel que vous avez reçu : il ouvre votre page, sans compte ni mot de passe.
    .no-mail = Vous n’avez rien reçu? Vérifiez d’abord vos courriels indésirables, puis appelez-nous au numéro ci-dessous.
    .trust = Nous ne demandons jamais de mot de passe ni de numéro de carte par courriel.

fault-no-choice = Choisissez l’une des deux réponses.
fault-unknown-choice = Cette réponse n’est pas proposée sur cette page. Choisissez l’une des deux réponses.
fault-reason-too-long = La raison est trop longue : { $reason_chars_max } caractères au plus.
fault-incomplete = Il manque une partie du formulaire. Ouvrez la page de nouveau à partir du courriel.
fault-unreadable = Le formulaire n’a pas pu être lu. Ouvrez la page de nouveau à partir du courriel.
