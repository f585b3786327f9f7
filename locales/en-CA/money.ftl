# Invoices, credit notes and receipts.

invoice-title = Invoice { $number }
credit-note-title = Credit note { $number }
invoice-corrects = It takes back invoice { $corrects }.
invoice-date = Date: { $issued_on }
invoice-due = To be paid by { $due_on }
invoice-share = To be paid by { $due_on }: { $amount }
invoice-to = Billed to: { $bill_to }
invoice-for = For: { $name }, member number { $member_no }
invoice-order = Purchase order: { $purchase_order }
invoice-pay-cheque = By cheque, payable to: { $issuer }, { $postal }. Write the number { $number } on it.
invoice-pay-transfer = By electronic transfer, to: { $transfer_to }. Write the number { $number } in the message.
invoice-no-proof = This invoice is neither a receipt nor proof of insurance. A receipt follows when the payment is in.
invoice-certificate = Your certificate of insurance comes from { $certificate_by }, within { $certificate_days } working days after the premium is received.

invoice-mail-instead =
    .subject = Your invoice { $number } ({ $short }) replaces an earlier one
    .intro = Your invoice for { $season } has changed. The one below replaces it; whatever was already paid counts towards it.
invoice-mail-credited =
    .subject = { $short } credit note { $number }: an invoice is cancelled
    .intro = An invoice in your name is cancelled and is owed no more. The desk deals with whatever was already paid on it.
invoice-mail-second-copy =
    .subject = { $short } invoice { $number } was to be paid by { $due_on }
    .intro = We have not yet received the whole payment of the invoice below, of which this is a second copy. If it is on its way, there is nothing more to do.
invoice-mail-late-fee =
    .subject = Late fee: { $short } invoice { $number } for your membership
    .intro = An invoice in your name was not paid by its day. The fee for that is below.
invoice-mail-returned =
    .subject = A payment of { $short } invoice { $number } came back
    .intro = A payment of the invoice below came back from the bank. The invoice, or what is left of it, is owed again.

receipt =
    .subject = Receipt of your payment to { $short } for { $season }: { $total }
    .intro = We have received your payment. Here is your receipt.
    .number = Receipt number: { $payment }
    .day = Received on: { $received_on }
    .invoices = For: { $invoices }
    .total = Received
    .left = Still to be paid: { $left }
    .whole = Everything on your invoice is paid. Thank you!
    .unapplied = Beyond what you owed: { $unapplied }. The desk will be in touch about it.
    .no-proof = This receipt is not proof of insurance: your certificate is.
receipt-card = Paid by card
receipt-cheque = Paid by cheque
receipt-transfer = Paid by electronic transfer
receipt-ams = Paid to the association
