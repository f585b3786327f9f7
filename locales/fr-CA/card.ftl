# Le paiement par carte : nos propres pages à ce sujet.

# À côté du montant, sur la page du service de paiement.
card-line = Renouvellement de l’adhésion { $season }, { $short }

page-card =
    .again = Réessayer par carte
    .otherwise = Payer par chèque/facture
    .back = Ouvrir mon renouvellement

page-card-waiting =
    .title = Nous attendons la confirmation de la banque
    .body = Votre paiement de { $amount } est en cours de vérification. Cela prend quelques minutes, rarement davantage.
    .next = Dès qu’il sera confirmé, vous recevrez un reçu par courriel. Vous pouvez fermer cette page. Veuillez ne pas payer une seconde fois.
page-card-paid =
    .title = Votre paiement est reçu
    .body = Nous avons reçu { $amount } par carte. Merci.
    .next = Le reçu vous parviendra par courriel. Vous pouvez fermer cette page.
page-card-back =
    .title = Ce montant était déjà payé
    .body = Nous avons reçu { $amount } par carte, mais ce que vous deviez était déjà payé.
    .next = Cette somme vous sera remboursée sur la même carte sans autre démarche, et nous vous écrirons alors. Vous pouvez fermer cette page.
page-card-desk =
    .title = Une personne vérifie votre paiement
    .body = La banque a confirmé un paiement qui ne correspond pas à ce qui est dû ici : le montant était peut-être déjà payé.
    .next = Nous vous écrirons. Ce qui a été payé en trop sera remboursé sur votre carte.
page-card-ended =
    .title = Le paiement n’a pas eu lieu
    .body = Aucun montant n’a été porté à votre carte, et votre renouvellement reste tel qu’il était.
    .next = Pour réessayer, ou pour payer par chèque ou sur facture, ouvrez le lien personnel de notre courriel.
page-card-left =
    .title = Vous avez quitté la page de paiement
    .body = Aucun montant n’a été porté à votre carte, et votre renouvellement reste tel qu’il était.
    .next = Pour payer par carte, par chèque ou sur facture, ouvrez le lien personnel de notre courriel.
page-card-down =
    .title = Le paiement par carte est impossible en ce moment
    .body = Le service de paiement ne répond pas. Aucun montant n’a été porté à votre carte.
    .next = Réessayez dans quelques minutes, ou choisissez le chèque ou la facture : votre renouvellement et votre intention de payer seront notés sans attendre.
page-card-nothing-owed =
    .title = Il n’y a rien à payer ici
    .body = Ce renouvellement ne peut pas être payé par carte en ce moment : il est peut-être déjà payé, ou nous y travaillons.
    .next = Votre page personnelle montre où il en est.

page-card-demo =
    .title = Paiement par carte
    .nobody-charged = Ceci est une démonstration. Personne ne paie, et aucune carte n’est demandée.
    .to = Payé à
    .for = Objet
    .amount = Montant
    .body = C’est ici qu’un service de paiement vous demanderait votre carte, sur son propre site. Choisissez sa réponse.
    .pay = Payer
    .decline = Refuser la carte
    .leave = Quitter sans payer
