# Professional liability insurance: declarations, cover at the deadline, certificates.

# How many questions there are is config: -2 for two of them, -some for any other number.
declaration-title-2 = One step is left: your two answers
declaration-title-some = One step is left: your answers
declaration-answers-2 = your answers to the two questions
declaration-answers-some = your answers to the questions

insurance-news-title = What is new this year in professional liability insurance

button-declare = Answer the questions
why-cover = You receive this mail because professional liability insurance goes with your membership { $to }.
button-certificate = Open my certificate

declaration-due =
    .subject = { $declaration_title } about your insurance ({ $short })
    .what = For your professional liability insurance we still need { $declaration_answers }. Please give them on your page no later than { $deadline }.
    .private = They are given on your page only: please do not write them in a mail.
cover-late = Your answer came after the deadline, { $deadline }: your professional liability insurance cover is interrupted. If you need cover, call { $phone }.

insurance-follow-up =
    .subject = What happens next about your insurance with { $short }
    .what = Thank you for { $declaration_answers } about your professional liability insurance. Somebody will look at them and get in touch with you. Follow-up by: { $contact }.
    .blocks = Your renewal goes on meanwhile. This should have no effect on your ability to obtain or renew your insurance.
    .private = What you answered stands in no mail. To talk about it, please call { $phone } rather than write.

declaration-recorded =
    .subject = Your answers about your { $short } insurance are recorded
    .what = We have recorded { $declaration_answers } about your professional liability insurance.
    .not-you = If you did not give them, tell us at once: call { $phone } or answer this mail.

cover-ended =
    .subject = Your insurance cover is interrupted: what you can do ({ $short })
    .what = Your professional liability insurance cover with { $insurer } is interrupted.
    .no-answer = By the deadline, { $deadline }, we had neither the payment of your premium nor your intent to pay it.
    .not-declared = We did not have { $declaration_answers } by { $declaration_until }.
    .not-paid = The payment that you announced was not here by { $pledge_until }.
    .next = If you need cover, call { $phone } or answer this mail: we tell you what can be done. Your membership { $to } is another matter, which you can settle on your page.
    .in-error = If you answered or paid in time, tell us when and how, and we look into it.

cover-pending =
    .what = We have your renewal with { $short } for { $season }. For your professional liability insurance we still need { $declaration_answers }.
    .until = Please give them on your page no later than { $declaration_until }. Without them, cover is interrupted after that day.

certificate =
    .subject = Your certificate of insurance from { $short } is ready
    .what = Your certificate of professional liability insurance for { $season } is ready. It is issued by { $certificate_by }.
    .where = The button leads to { $certificate_host }.
    .keep = Please keep a copy with your records.
