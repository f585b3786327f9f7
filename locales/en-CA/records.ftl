# The front page’s code, the public page of dates and senders, and the answer of verify@.

front-dates = When we write this season, and from which address

front-code =
    .title = No link? Use your code
    .intro = The code has ten characters. It stands in our letter; your association’s desk can also read it to you.
    .number = Member number
    .code = Code
    .code-hint = Like 7K2QX-9ZB4M; capitals and the hyphen do not matter.
    .postal = Postal code
    .button = Open my renewal page

page-signed-in =
    .title = Which renewal?
    .body = Several associations bill you for { $season }. Each has its own page.
    .nothing-title = Nothing to renew
    .nothing = Number and code are right, but nothing is to be renewed with us now. If that surprises you, call us: the number is below.

page-season =
    .title = Our mails for { $season }: dates and senders
    .body = Each association writes on these days, from this address. Answers, confirmations and invoices follow what you do; they come from the same address.
    .deadline = Answer no later than { $deadline }.
    .covers = Covers also: { $bodies }.
    .from = From
    .links = Links lead to
    .tell-title = How to tell that a mail is ours
    .tell-from = It comes from the address above, and its links lead to the address above.
    .tell-name = It names you and your member number.
    .tell-asks = It never asks for a password or a card number.
    .tell-code = You can do without the links: type member number, code and postal code on the front page.
    .tell-verify = In doubt, forward the mail to { $verify }. We answer to the address on file whether we sent it.
    .home = To the front page
season-step-notice = Renewal notice
season-step-reminder = Reminder
season-step-last-call = Last call before insurance cover ends
season-step-lapse = Memberships lapse without an answer
season-step-payment-reminder = Payment reminder

fault-code-incomplete = Fill in all three: member number, code and postal code.
fault-code-wrong = Number, code and postal code do not belong together. Check all three.
fault-code-too-often = Too many attempts. Wait an hour, then try again, or call us: the number is below.

verify-answer =
    .subject-ours = Yes, { $short } sent the mail that you asked about
    .subject-not-ours = The mail that you asked about is not known to { $short }
    .intro = A mail was forwarded to us with the question whether we sent it.
    .ours = We sent this mail:
    .sent = Sent: { $sent }
    .about = Subject: { $original }
    .to = To: { $address }
    .compare = If what you have says anything else, somebody copied a mail of ours and changed it: then do not use its links.
    .not-ours = We find no mark of ours in it.
    .careful = Do not use its links, and do not answer it. Some programs leave our marks out when they forward: you can forward the mail once more as an attachment.
    .season = The dates and senders of this season stand at { $host }/season.
