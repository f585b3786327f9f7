# What was understood and done: confirmations, requests to confirm, and mail to and from a desk.
# Each `said-` has: what we understood, what it means (with and without insurance), and, for a
# request to confirm, what was asked.

said-renewed-by-invoice =
    .subject = Your { $short } renewal for { $season } is recorded, payment to come
    .what = We understood: you renew your membership { $to } for { $season } and will pay by cheque or on invoice.
    .means = Your intent to pay is recorded. This is not a receipt: a receipt follows when the payment is in.
    .means-insured = Your intent to pay is recorded, for your membership and for your professional liability insurance. This is not a receipt: a receipt follows when the payment is in.
    .asked = Renew your membership { $to } for { $season } and pay by cheque or on invoice.
said-not-renewing =
    .subject = You are not renewing with { $short } for { $season }: it is recorded
    .what = We understood: you are not renewing your membership { $to } for { $season }.
    .means = Our reminders end here. Without a change of mind, your membership lapses on { $lapses }.
    .means-insured = Our reminders end here. Without a change of mind, your insurance cover is interrupted as of { $cover_from }, and your membership lapses on { $lapses }.
    .asked = Not to renew your membership { $to } for { $season }.
said-unsubscribed =
    .subject = No more reminders from { $short } about your membership
    .what = We understood: you want no more reminders about your membership { $to }.
    .means = Reminders are stopped. Your membership itself is unchanged. Invoices and confirmations still reach you.
    .means-insured = Reminders are stopped. Your membership itself is unchanged. Invoices, confirmations and the last call before your insurance cover ends still reach you.
    .asked = To receive no more reminders about your membership { $to }.
said-resubscribed =
    .subject = Reminders from { $short } about your membership are back
    .what = We understood: you want to receive the reminders about your membership { $to } again.
    .means = The next reminder reaches you if your renewal is still open then.
    .means-insured = The next reminder reaches you if your renewal is still open then.
    .asked = To receive the reminders about your membership { $to } again.
said-undone =
    .subject = Your last answer to { $short } is taken back, your renewal is open
    .what = We understood: you take back your last answer about your membership { $to } for { $season }.
    .means = Your renewal is open again. Please answer no later than { $deadline }.
    .means-insured = Your renewal is open again. To keep your insurance without interruption, answer no later than { $deadline }.
    .asked = To take back your last answer about your membership { $to } for { $season }.
said-help =
    .subject = How to renew your { $short } membership for { $season }
    .what = You asked how renewing works.
    .means = The page behind your personal link shows what you owe and takes your answer, no later than { $deadline }. Nothing was changed by your message.
    .means-insured = The page behind your personal link shows what you owe, insurance included, and takes your answer, no later than { $deadline }. Nothing was changed by your message.
    .asked = To learn how renewing works.
said-says-paid =
    .subject = You told { $short } that you have paid: we are looking
    .what = We understood: you have paid your renewal with { $short } for { $season }.
    .means = Payment reminders rest while your payment is looked for. Nothing is recorded as paid yet: a receipt follows when the payment is found.
    .means-insured = Payment reminders rest while your payment is looked for. Nothing is recorded as paid yet, neither for your membership nor for your insurance: a receipt follows when the payment is found.
    .asked = To have your payment for { $season } looked for.

pledged-total = Amount to pay: { $total }
undo-link = If this is not what you meant, open the link below within the day, or answer this mail.
undo-answer = If this is not what you meant, answer this mail.

help-words = You can also answer this mail with one word:
help-renew = RENEW, to renew and pay by cheque or on invoice
help-paid = PAID, if your payment is on its way or made
help-stop = STOP, to receive no more reminders
help-else = Anything else you write is read by a person.

fresh-link =
    .subject = Your new personal link to renew with { $short } for { $season }
    .intro = The link that was opened had expired. Here is a new one for your membership { $to }, sent to the address on file.
    .not-you = If you did not ask for it, there is nothing to do: nothing has changed.

confirm-request =
    .subject = Please confirm what you asked { $short } by mail
    .intro = A mail in your name asked us for this:
    .confirm = We could not make sure that it came from you, so nothing has been done. If it did, confirm with the button.
    .not-you = If it was not you, there is nothing to do: without a confirmation nothing changes.

forward =
    .subject = [{ $short }] { $subject }
    .subject-member = [{ $short } { $member_no }] { $subject }
    .intro = A message came in that a person should read.
    .answer = Answer this mail as usual: your answer reaches the sender through us.
    .answer-stray = Answer this mail as usual: your answer goes straight to the sender.
    .why-question = It asks something that we do not decide by ourselves.
    .why-unverified = We could not make sure that the sender is the member.
    .why-no-token = It names none of our messages, so we cannot tell which member it is about.
    .why-expired = It answers an old mail of ours, whose reply address no longer acts by itself.
    .why-complaint = It reports mail of ours as unwanted, in a form that does not act by itself.
    .why-unparsed = It could not be read entirely: what could be read is below.
    .why-too-large = It was too large to be read entirely: its beginning is below.
    .why-verify = It asks whether a mail is ours, and there is no address on file to answer to.
    .from = From: { $from }
    .member = Member: { $name }, { $member_no }
    .received = Received: { $received }
    .subject-line = Subject: { $subject }
    .text = ---- The sender’s text begins (links are taken apart) ----
    .text-end = ---- The sender’s text ends ----

desk-answer =
    .subject = Answer from { $short } to your message about renewal
    .intro = Here is the answer to your message.
    .above = The answer to your message stands above, in the language in which it was written.
    .back = To write back, answer this mail.

desk-note =
    .subject-address-suspended = [{ $short } { $member_no }] Mail to this member comes back
    .subject-firing-held = [{ $short }] A mailing waits for your decision
    .subject-messages-held = [{ $short }] A mailing was stopped: too many addresses are dead
    .address-suspended = Mail to { $name }, number { $member_no }, comes back from { $address }. Except for the last call before insurance cover ends, nothing more is mailed there.
    .until = Mailing starts again when the member uses one of our links or answers one of our mails, or when the list brings another address.
    .reach = Other ways to reach the member:
    .phone = Telephone: { $phone }
    .other = Other address: { $other_address }
    .employer = Employer: { $employer }
    .no-other = The list gives no other way to reach the member.
    .shared = Other members have the same address on file: { $shared }.
    .correct = Please correct the address in the membership system; the next list brings it here.
    .firing-held = The mailing “{ $step_name }”, due on { $due }, could not go out in time. It was not sent.
    .messages-held = Of the mailing “{ $step_name }”, due on { $due }, so many addresses turned out dead that the fault may lie elsewhere, at one employer’s mail server for instance. The rest of it waits.
    .decide = Decide whether it goes out or not, and have one of these commands run on the server:
    .approve = relance firing approve { $firing }
    .cancel = relance firing cancel { $firing }
