# Le code de la page d’accueil, la page publique des dates et des adresses d’envoi, et la réponse
# de verify@.

front-dates = Dates et adresses d’envoi de nos courriels

front-code =
    .title = Vous n’avez pas de lien? Utilisez votre code
    .intro = Ce code de dix caractères figure dans notre lettre; votre association peut aussi vous le lire au téléphone.
    .number = Numéro de membre
    .code = Code
    .code-hint = Par exemple 7K2QX-9ZB4M; les majuscules et le trait d’union sont facultatifs.
    .postal = Code postal
    .button = Ouvrir ma page de renouvellement

page-signed-in =
    .title = Quel renouvellement voulez-vous ouvrir?
    .body = Plusieurs associations vous facturent pour { $season }. Chacune a sa page.
    .nothing-title = Rien à renouveler
    .nothing = Le numéro et le code sont exacts, mais il n’y a rien à renouveler chez nous en ce moment. Si cela vous étonne, appelez-nous au numéro ci-dessous.

page-season =
    .title = Nos courriels pour { $season } : dates et adresses d’envoi
    .body = Chaque association vous écrit aux dates ci-dessous, à partir de l’adresse indiquée. Les réponses, les confirmations et les factures suivent ce que vous faites; elles viennent de la même adresse.
    .deadline = Répondez au plus tard le { $deadline }.
    .covers = Vaut aussi pour : { $bodies }.
    .from = Adresse d’envoi
    .links = Adresse des liens
    .tell-title = Comment savoir si un courriel vient de nous
    .tell-from = Il vient de l’adresse d’envoi ci-dessus, et ses liens mènent à l’adresse indiquée.
    .tell-name = Il porte votre nom et votre numéro de membre.
    .tell-asks = Il ne demande jamais de mot de passe ni de numéro de carte.
    .tell-code = Vous pouvez vous passer des liens : tapez votre numéro de membre, votre code et votre code postal sur la page d’accueil.
    .tell-verify = En cas de doute, transférez le courriel à { $verify }. Nous vous dirons, à l’adresse inscrite à votre dossier, s’il vient de nous.
    .home = Vers la page d’accueil
season-step-notice = Avis de renouvellement
season-step-reminder = Rappel
season-step-last-call = Dernier rappel avant la fin de la couverture d’assurance
season-step-lapse = Échéance des adhésions restées sans réponse
season-step-payment-reminder = Rappel de paiement

fault-code-incomplete = Remplissez les trois champs : numéro de membre, code et code postal.
fault-code-wrong = Le numéro, le code et le code postal ne concordent pas. Vérifiez les trois.
fault-code-too-often = Trop d’essais. Attendez une heure avant de réessayer, ou appelez-nous au numéro ci-dessous.

verify-answer =
    .subject-ours = Oui, le courriel dont vous doutez vient { $of }
    .subject-not-ours = Le courriel dont vous doutez ne semble pas venir { $of }
    .intro = On nous a transféré un courriel en nous demandant s’il vient de nous.
    .ours = Nous avons envoyé ce courriel :
    .sent = Envoyé : { $sent }
    .about = Objet : { $original }
    .to = À : { $address }
    .compare = Si le vôtre dit autre chose, quelqu’un a copié et modifié un de nos courriels : n’utilisez pas ses liens.
    .not-ours = Nous n’y trouvons aucune de nos marques.
    .careful = N’utilisez pas ses liens et n’y répondez pas. Certains logiciels retirent nos marques en transférant un courriel : vous pouvez le transférer de nouveau en pièce jointe.
    .season = Les dates et les adresses d’envoi de nos courriels figurent à l’adresse { $host }/season.
