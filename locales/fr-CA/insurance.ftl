# Assurance responsabilité professionnelle : déclarations, couverture à l’échéance, certificats.

# Le nombre de questions vient de la configuration : -2 pour deux, -some pour tout autre nombre.
declaration-title-2 = Il reste une étape : vos deux réponses
declaration-title-some = Il reste une étape : vos réponses
declaration-answers-2 = vos réponses aux deux questions
declaration-answers-some = vos réponses aux questions

insurance-news-title = Ce qui change cette année en assurance responsabilité professionnelle

button-declare = Répondre aux questions
why-cover = Vous recevez ce courriel parce que l’assurance responsabilité professionnelle accompagne votre adhésion { $to }.
button-certificate = Ouvrir mon certificat

declaration-due =
    .subject = { $declaration_title } sur l’assurance ({ $short })
    .what = Pour votre assurance responsabilité professionnelle, il nous manque encore { $declaration_answers }. Veuillez les donner sur votre page au plus tard le { $deadline }.
    .private = Elles se donnent uniquement sur votre page : veuillez ne pas les écrire dans un courriel.
cover-late = Votre réponse nous est parvenue après l’échéance, fixée au { $deadline } : votre couverture d’assurance responsabilité professionnelle est interrompue. Si vous avez besoin d’une couverture, appelez-nous au { $phone }.

insurance-follow-up =
    .subject = Votre assurance ({ $short }) : la suite de votre déclaration
    .what = Merci pour { $declaration_answers } au sujet de votre assurance responsabilité professionnelle. Une personne en prendra connaissance et communiquera avec vous. Suivi : { $contact }.
    .blocks = Votre renouvellement suit son cours. Cette étape ne devrait pas avoir d’incidence sur votre capacité à obtenir ou à renouveler votre assurance.
    .private = Vos réponses ne figurent dans aucun courriel. Pour en parler, veuillez nous appeler au { $phone } plutôt que de nous écrire.

declaration-recorded =
    .subject = Vos réponses au sujet de votre assurance sont notées ({ $short })
    .what = Nous avons noté { $declaration_answers } au sujet de votre assurance responsabilité professionnelle.
    .not-you = Si vous ne les avez pas données, dites-le-nous sans tarder : appelez-nous au { $phone } ou répondez à ce courriel.

cover-ended =
    .subject = Votre couverture d’assurance est interrompue : que faire maintenant ({ $short })
    .what = Votre couverture d’assurance responsabilité professionnelle auprès de { $insurer } est interrompue.
    .no-answer = À l’échéance, le { $deadline }, nous n’avions reçu ni le paiement de votre prime ni votre intention de payer.
    .not-declared = Nous n’avons pas reçu { $declaration_answers } au plus tard le { $declaration_until }.
    .not-paid = Le { $pledge_until }, le paiement que vous aviez annoncé ne nous était toujours pas parvenu.
    .next = Si vous avez besoin d’une couverture, appelez-nous au { $phone } ou répondez à ce courriel : nous vous dirons ce qui est possible. Votre adhésion { $to } est une question distincte, que vous pouvez régler sur votre page.
    .in-error = Si vous avez répondu ou payé à temps, dites-nous quand et comment : nous vérifierons.

cover-pending =
    .what = Votre renouvellement { $to } pour { $season } est noté. Pour votre assurance responsabilité professionnelle, il nous manque encore { $declaration_answers }.
    .until = Veuillez les donner sur votre page au plus tard le { $declaration_until }. Sans ces réponses, la couverture sera interrompue après ce jour.

certificate =
    .subject = Votre certificat d’assurance est prêt ({ $short })
    .what = Votre certificat d’assurance responsabilité professionnelle pour { $season } est prêt. Délivré par : { $certificate_by }.
    .where = Le bouton mène à { $certificate_host }.
    .keep = Veuillez en conserver une copie dans vos dossiers.
