# The members’ pages.

page-switch = Français
page-questions = Questions? Answer the mail that brought you here, or call us.
page-faults = To be corrected
page-step = Step { $step } of 4

bill-line = Item
bill-amount = Amount

page-renewal =
    .title = Your membership { $to } for { $season }
    .you = You
    .name = Name
    .number = Member number
    .category = Category
    .address = Email on file
    .you-wrong = If something here is wrong, answer the mail that brought you here: a person will correct it.
    .insurance = Your professional liability insurance (PLI)
    .insured = This renewal includes your cover from { $cover_from } to { $cover_until }.
    .not-insured = This renewal includes no insurance.
    .owed = What you owe
    .payment = Your answer
    .invoice = With this button you renew and state your intent to pay by cheque or on invoice. You or your employer can then pay.
    .invoice-insured = With this button you renew and state your intent to pay by cheque or on invoice, insurance premium included. You or your employer can then pay.
    .button-invoice = Pay by cheque/invoice
    .not-renewing = I am not renewing
    .leaving = Our reminders then end, and your membership lapses on { $lapses }.
    .leaving-insured = Our reminders then end. Your insurance cover is interrupted as of { $cover_from }, and your membership lapses on { $lapses }.
    .reason = Your reason, if you wish to give one ({ $reason_chars_max } characters at most)
    .button-not-renewing = I am not renewing for { $season }

choice-invoice = Renew, pay by cheque or on invoice
choice-not-renewing = Not renewing

page-done =
    .at = On { $at }.
    .undo = Not what you meant? You can take it back here until { $undo_until }.
    .button-undo = Take back my answer
    .no-undo = To change something, answer the mail that brought you here.
done-renewed-by-invoice =
    .title = Your renewal is recorded
    .what = You renew for { $season } and will pay by cheque or on invoice.
done-renewed =
    .title = Your renewal is complete
    .what = You renew for { $season }, and there is nothing to pay.
done-not-renewing =
    .title = Your answer is recorded
    .what = You are not renewing for { $season }.
done-unsubscribed =
    .title = Reminders are stopped
    .what = You receive no more reminders from { $short }.
done-resubscribed =
    .title = Reminders are back
    .what = You receive the reminders from { $short } again.
done-undone =
    .title = Your answer is taken back
    .what = Your renewal for { $season } is open again.
done-help =
    .title = How renewing works
    .what = You asked how renewing works.
done-says-paid =
    .title = We are looking for your payment
    .what = You told us that you have paid for { $season }.

page-conflict =
    .title = Which answer should stand?
    .answered = This page was already answered, and the new answer differs. Nothing has been changed yet.
    .changed = Something changed after you opened this page. Your answer has not been recorded yet.
    .recorded = On record
    .details = The details of your renewal have changed.
    .asked = Your answer just now
    .keep = Keep what is on record
    .replace = Take my new answer

page-unsubscribe =
    .title = Stop the reminders?
    .body = You would receive no more reminders about your membership { $to } at { $address }. Your membership itself does not change.
    .keeps = Invoices and confirmations still reach you.
    .keeps-insured = Invoices, confirmations and the last call before your insurance cover ends still reach you.
    .button = Stop the reminders
page-unsubscribed =
    .title = The reminders are stopped
    .body = No more reminders about your membership { $to } will go to { $address }. Your membership itself does not change.
    .again = Was it a mistake?
    .button = Receive the reminders again

page-confirm =
    .title = Confirm your request
    .body = A mail in your name asked us for this:
    .not-you = If it was not you, close this page: without a confirmation nothing changes.

page-expired =
    .title = This link has expired
    .body = For your protection, a link works for a limited time. We can send a fresh one to the address on file: { $address }.
    .button = Send me a fresh link
page-fresh-link-sent =
    .title = A fresh link is on its way
    .body = If membership records hold the address { $address }, a mail with a fresh link arrives there within a few minutes.
    .late = Nothing there? Look among unwanted mail, then call us: the number is below.

page-damaged =
    .title = This link is damaged
    .body = The address is not complete, or was changed on its way. That happens when a mail program breaks a long line.
    .what-to-do = Open the link in the mail again, or copy it whole. If it still fails, answer the mail.

page-not-found =
    .title = There is no such page
    .body = Please use the link in the mail that you received.
page-wrong-method =
    .title = This page cannot do that
    .body = Please open the link in your mail again and use the buttons on the page.
page-too-large =
    .title = That was too much text
    .body = Nothing was recorded. Go back, shorten your text and send it again.
page-bad-form =
    .title = Your answer was not recorded
    .body = The form did not arrive as it should have. What is wrong is listed above.
    .back = Open the page again
page-too-many =
    .title = Too many requests just now
    .body = Nothing is lost. Please wait a minute, then try again.
page-server-trouble =
    .title = Something failed on our side
    .body = Your answer may not have been recorded. Please open the link in your mail again in a few minutes: the page shows what is on record.
page-front =
    .title = Membership renewal
    .body = On this site, members renew their membership with the associations of the federation.
    .what-to-do = Use the personal link in the mail that you received: it opens your own page, without account or password.
    .no-mail = No mail found? Look among unwanted mail, then call us: the number is below.
    .trust = We never ask for a password or a card number by mail.

fault-no-choice = Choose one of the two answers.
fault-unknown-choice = That answer is not offered on this page. Choose one of the two.
fault-reason-too-long = The reason is too long: { $reason_chars_max } characters at most.
fault-incomplete = Part of the form is missing. Open the page again from your mail.
fault-unreadable = The form could not be read. Open the page again from your mail.
