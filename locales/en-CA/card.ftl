# Payment by card: our own pages about it.

# Beside the amount, on the provider’s page.
card-line = Membership renewal { $season }, { $short }

page-card =
    .again = Try the card again
    .otherwise = Pay by cheque/invoice
    .back = Open my renewal

page-card-waiting =
    .title = We are waiting for the bank’s word
    .body = Your payment of { $amount } is being confirmed. That takes a few minutes, rarely longer.
    .next = As soon as it is confirmed, we mail you the receipt. You can close this page. Please do not pay a second time.
page-card-paid =
    .title = Your payment has arrived
    .body = We received { $amount } by card. Thank you.
    .next = The receipt comes by mail. You can close this page.
page-card-back =
    .title = This was already paid
    .body = We received { $amount } by card, but what you owed was already paid.
    .next = It goes back to the same card, and we will write to you when it does. There is nothing for you to do. You can close this page.
page-card-desk =
    .title = A person is looking at your payment
    .body = The bank confirmed a payment that does not match what is owed here: it may have been paid already.
    .next = We write to you. What was paid too much goes back to your card.
page-card-ended =
    .title = The payment was not made
    .body = Nothing was charged to your card, and your renewal stands as it did.
    .next = To try again, or to pay by cheque or on invoice, open the personal link in our mail.
page-card-left =
    .title = You left the payment page
    .body = Nothing was charged to your card, and your renewal stands as it did.
    .next = To pay by card, by cheque or on invoice, open the personal link in our mail.
page-card-down =
    .title = Cards cannot be taken just now
    .body = The payment service does not answer. Nothing was charged to your card.
    .next = Try again in a few minutes. Or choose cheque/invoice: that records your renewal and your intent to pay at once.
page-card-nothing-owed =
    .title = Nothing is to be paid here
    .body = This renewal takes no payment by card at the moment: it may be paid, or our desk may be at work on it.
    .next = Your own page shows where it stands.

page-card-demo =
    .title = Payment by card
    .nobody-charged = This is a demonstration. Nobody is charged, and no card is asked for.
    .to = Paid to
    .for = For
    .amount = Amount
    .body = A payment service would ask for your card here, on its own site. Choose what it is to answer.
    .pay = Pay
    .decline = Decline the card
    .leave = Leave without paying
