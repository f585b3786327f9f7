# The demo’s own pages: a mailbox with everybody’s mail, and the calendar.

demo-title = Relance: the demo
demo-now = It is { $now }
demo-switch = Français
demo-mailbox = Mailbox
demo-mails = { $count ->
    [0] No mail yet
    [one] 1 mail
   *[other] { $count } mails
}
demo-found = { $count ->
    [0] No mail found
    [one] 1 mail found
   *[other] { $count } mails found
}
demo-find =
    .label = Name, address, member number or subject
    .button = Find
    .all = Show all
demo-newer = Newer
demo-older = Older
demo-page = Page { $page } of { $pages }

demo-welcome =
    .title = A renewal season, from above
    .body = Seven associations, { $people } invented members, one daemon. Nothing leaves this machine: all mail ends up here, whoever it is for.
    .one = Press the first button: the calendar jumps to the first notices.
    .two = Open a mail, and its link: that is all a member sees.
    .three = Answer a mail in plain words, bounce another, and jump on: reminders go only to those who have not answered.

demo-jump =
    .title = Calendar
    .to = Jump to { $at }
    .end = Jump to the end of the season
    .over = The season is over.
    .wait = Mail goes out during the jump: it takes a moment.
demo-step-notice = { $body }: notice
demo-step-reminder = { $body }: reminder
demo-step-last-call = { $body }: last call
demo-step-lapse = { $body }: lapse
demo-step-payment-reminder = { $body }: payment reminder
demo-to = { $count ->
    [0] nobody
    [one] 1 recipient
   *[other] { $count } recipients
}
demo-done = sent
demo-coming = coming

demo-season = Season { $season }

demo-state = Where things stand
demo-count-sent = Mails sent
demo-count-link = Renewed by link
demo-count-reply = Renewed by reply
demo-count-leave = Not renewing
demo-count-open = Not answered yet
demo-count-desk = Passed to a desk
demo-count-stopped = Reminders stopped
demo-count-bounced = Came back
demo-count-letter = Without an address

demo-kind-notice = notice
demo-kind-reminder = reminder
demo-kind-last-call = last call
demo-kind-lapse = lapse
demo-kind-payment-reminder = payment reminder
demo-kind-confirmation = confirmation
demo-kind-confirm-request = to be confirmed
demo-kind-fresh-link = fresh link
demo-kind-forward = to the desk
demo-kind-desk-answer = desk’s answer
demo-kind-desk-note = note to the desk
demo-kind-invoice = invoice
demo-kind-receipt = receipt
demo-kind-payer-invoice = invoice to the employer
demo-kind-payer-receipt = receipt to the employer
demo-kind-payer-returned = employer’s payment returned
demo-kind-refund = refund to a card
demo-kind-payer-refund = refund to a card
demo-kind-paid-by-payer = paid by the employer
demo-kind-address-change = change of address
demo-kind-digest = digest
demo-kind-verify-answer = whether a mail is ours
demo-kind-insurance-follow-up = insurance follow-up
demo-kind-declaration-recorded = declaration
demo-kind-cover-ended = end of cover
demo-kind-cover-pending = cover pending
demo-kind-certificate = certificate

demo-mail =
    .back = Back to the mailbox
    .from = From
    .to = To
    .date = Date
    .views = Views
    .frame = The mail, as a mail program shows it
    .person = More mail to this person
demo-view-html = HTML
demo-view-text = Text
demo-view-source = Source

demo-reply =
    .title = Answer
    .quick = As a member might:
    .label = Or in your own words
    .elsewhere = Write from an address that is not on file
    .button = Send the answer
demo-quick-renew = RENEW
demo-quick-renouveler = RENOUVELER
demo-quick-stop = STOP
demo-quick-question = My employer pays. Can you send them the invoice?
demo-quick-leave = Je ne veux pas renouveler.

demo-other =
    .title = Or something else happens
    .away = Out-of-office note
    .spam = Marked as spam
demo-trouble-no-user = No such user
demo-trouble-full = Mailbox full
demo-trouble-delayed = Delivery delayed

demo-did = What came of it
demo-outcome-answered-invoice = Understood: renewed, by cheque or on invoice. A confirmation was mailed.
demo-outcome-stopped = Understood: no more reminders. A confirmation was mailed.
demo-outcome-helped = Understood: a question about how this works. An explanation was mailed.
demo-outcome-asked-to-confirm = Understood, but not done yet: the address on file is asked to confirm first.
demo-outcome-to-desk = A person must read this: it was passed to the desk.
demo-outcome-desk-answer = The desk’s answer was passed on to the member.
demo-outcome-bounced-hard = The address is dead: no more mail goes there until somebody acts.
demo-outcome-bounced-soft = Noted against the address; mail goes on.
demo-outcome-complained = Reminders to this member are stopped.
demo-outcome-kept = Read and kept; nothing needs doing.
demo-outcome-duplicate = The same mail again: nothing changes.
demo-outcome-past = It went straight to the person, past the daemon.
demo-outcome-unread = It was not read yet.
demo-fault-no-mail = There is no such mail.
demo-fault-only-here = Only this page may do that. Go back and press the button again.
demo-failed = That did not work: { $why }
