# What stands around every mail, and the steps of a season.

other-below = English version below
hello = Hello { $name },
hello-nameless = Hello,
member-no = Member number: { $member_no }

notice =
    .subject = { $short } membership { $season }: renew by { $deadline_day }
    .intro = Here is your notice of renewal for { $season }. It covers your membership { $to } from { $cover_from } to { $cover_until }. Renewing takes a few minutes and needs no account or password.
reminder =
    .subject = Reminder: your { $short } membership for { $season } awaits your answer
    .intro = We do not have your answer yet about your membership { $to } for { $season }. If you answered within the last day, please disregard this reminder.
last-call =
    .subject-insured = Last call: answer by { $deadline_day } to keep your insurance ({ $short })
    .subject-plain = Last call: renew your { $short } membership for { $season } by { $deadline_day }
    .intro-insured = This is our last message before the deadline. We do not have your answer for { $season }, and your professional liability insurance depends on it.
    .intro-plain = This is our last message before the deadline. We do not have your answer yet about your membership { $to } for { $season }.

lapse =
    .subject = Your { $short } membership for { $season } has lapsed: how to come back
    .intro = We did not receive your answer about renewing your membership { $to } for { $season }. It lapsed at the end of { $lapses }.
    .back-title = To come back
    .back = Your personal link still works. Until { $closes } you can renew on the same page, in a few minutes.
    .fee = The amount below includes a fee for late renewal.
    .cover-title = Your insurance
    .cover = This concerns your professional liability insurance too. Before you rely on it, ask whether it can be taken up again and from which day: answer this mail or call { $phone }.
    .leaving-title = You have decided to leave?
    .leaving = Then you need do nothing. You receive no more reminders for { $season }. Thank you for the time that you were with us.
payment-reminder =
    .subject = Payment reminder: your { $short } membership for { $season }
    .intro = You renewed your membership { $to } for { $season } and chose to pay by cheque or on invoice. We have not recorded your payment yet.
    .by = To be paid by { $pay_by }.
    .how = Your page shows what is owed and how to pay it.
    .sent-title = Your payment is on its way?
    .sent = Then please disregard this reminder, or answer it with the one word PAID: we look for your payment and remind you no more meanwhile.
    .trouble-title = Somebody else pays, or something is not right?
    .trouble = Answer this mail in a few words. It reaches the people who can help you.

deadline-insured = To keep your professional liability insurance without interruption, answer no later than { $deadline }.
deadline-plain = Please answer no later than { $deadline }.

button-renew = Renew my membership
button-confirm = Confirm my request
button-open = Open my renewal page
button-line = { $label }:
link-in-full = Or open this personal link:

how-to-pay = You can pay by cheque or on invoice: choose it on the page.
how-to-pay-insured = You can pay by cheque or on invoice: choosing it on the page by the deadline states your intent to pay, for your membership and your insurance.
pay-card = On the page you can pay by card at once.
questions-on-page = The page also asks the insurance questions.

changed-title = Your employer pays, or your situation has changed?
changed = The page lets you have the invoice sent to your employer, or say what has changed: leave, retirement, a move. You can also tell us in a few words by answering this mail.

nothing-title = If you do nothing
nothing-insured = Your insurance cover is interrupted as of { $cover_from }, and your membership { $to } lapses on { $lapses }.
nothing-plain = Your membership { $to } lapses on { $lapses }.
not-renewing-hint = If you have decided not to renew, tell us on the same page and our reminders end there.

genuine-title = Is this mail genuine?
genuine = It comes from { $from_address }, and its button leads to { $host } and nowhere else. We never ask for a password or a card number by mail. In doubt, open nothing and call { $phone }.

sender-behalf = { $issuer }, also on behalf of { $behalf }
help-own = Questions about your insurance or your account: { $help_desk }, { $help_email }, { $help_phone }
help-area = Questions about the members’ area: { $area_desk }, { $area_email }, { $area_phone }
help-one = Questions about your insurance, your account or the members’ area: { $help_desk }, { $help_email }, { $help_phone }
why-step = You receive this mail because you are on the members’ list { $of } and your membership is due for renewal.
why-promise = You receive this mail because you renewed your membership { $to } and your payment is still to come.
why-lapse = You receive this mail because your membership { $to } was due for renewal and has lapsed.
why-answer = You receive this mail because of a request made with your link or from your address.
stop = To receive no more reminders about your membership { $to }:
stop-link = stop the reminders
stop-keeps = We still send you invoices, confirmations and the last call before insurance cover ends.
