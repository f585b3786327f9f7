# Dates, time zones, lists and lines of a bill: used by mails and pages.
# Variables are the same in both languages; $short, $the, $of and $to are forms of one name, and
# each language uses those that it needs.

month-1 = January
month-2 = February
month-3 = March
month-4 = April
month-5 = May
month-6 = June
month-7 = July
month-8 = August
month-9 = September
month-10 = October
month-11 = November
month-12 = December

weekday-1 = Monday
weekday-2 = Tuesday
weekday-3 = Wednesday
weekday-4 = Thursday
weekday-5 = Friday
weekday-6 = Saturday
weekday-7 = Sunday

# An instant: “December 31, 2026 at 11:59 p.m. Eastern Time”.
moment = { $date } at { $time } { $zone }

# Named by city where clocks no longer follow the region's old name.
zone-America-Toronto = Eastern Time
zone-America-Montreal = Eastern Time
zone-America-Iqaluit = Eastern Time
zone-America-Halifax = Atlantic Time
zone-America-Moncton = Atlantic Time
zone-America-St_Johns = Newfoundland Time
zone-America-Winnipeg = Winnipeg time
zone-America-Regina = Regina time
zone-America-Edmonton = Edmonton time
zone-America-Yellowknife = Yellowknife time
zone-America-Vancouver = Vancouver time
zone-America-Whitehorse = Whitehorse time
zone-America-Dawson = Dawson time
zone-America-Dawson_Creek = Dawson Creek time
zone-America-Fort_Nelson = Fort Nelson time
zone-America-Inuvik = Inuvik time
zone-America-Rankin_Inlet = Rankin Inlet time
zone-America-Swift_Current = Swift Current time
zone-America-Thunder_Bay = Eastern Time
zone-America-Goose_Bay = Atlantic Time
zone-America-Glace_Bay = Atlantic Time
zone-UTC = Coordinated Universal Time

list-and = { $rest } and { $last }

# The association’s short name, alone and in its three forms; French has its forms, article
# included, from the configuration.
form-the = { $form }
form-of = of { $form }
form-to = with { $form }

line-dues = Dues { $of }, { $category }
line-premium = Professional liability insurance (PLI) premium
line-penalty = Late fee { $of }
# A tax and its rate; the registration number is the association’s.
line-tax = { $tax } { $rate }
line-tax-registered = { $tax } { $rate }, { $short } (reg. { $number })
total = Total
one-invoice = One invoice, issued by { $the }, covers all of these lines.

language-name = English
