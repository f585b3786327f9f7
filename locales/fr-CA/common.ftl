# Dates, fuseaux horaires, énumérations et lignes d’une facture : courriels et pages.
# Les variables sont les mêmes dans les deux langues. $the, $of et $to portent l’article
# (l’ICU, de l’ICU, à l’ICU), car le logiciel ne peut pas élider.

month-1 = janvier
month-2 = février
month-3 = mars
month-4 = avril
month-5 = mai
month-6 = juin
month-7 = juillet
month-8 = août
month-9 = septembre
month-10 = octobre
month-11 = novembre
month-12 = décembre

weekday-1 = lundi
weekday-2 = mardi
weekday-3 = mercredi
weekday-4 = jeudi
weekday-5 = vendredi
weekday-6 = samedi
weekday-7 = dimanche

# Un instant : « 31 décembre 2026 à 23 h 59, heure de l’Est ».
moment = { $date } à { $time }, { $zone }

# Nommés d’après la ville là où l’heure ne suit plus l’ancien nom de la région.
zone-America-Toronto = heure de l’Est
zone-America-Montreal = heure de l’Est
zone-America-Iqaluit = heure de l’Est
zone-America-Halifax = heure de l’Atlantique
zone-America-Moncton = heure de l’Atlantique
zone-America-St_Johns = heure de Terre-Neuve
zone-America-Winnipeg = heure de Winnipeg
zone-America-Regina = heure de Regina
zone-America-Edmonton = heure d’Edmonton
zone-America-Yellowknife = heure de Yellowknife
zone-America-Vancouver = heure de Vancouver
zone-America-Whitehorse = heure de Whitehorse
zone-America-Dawson = heure de Dawson
zone-America-Dawson_Creek = heure de Dawson Creek
zone-America-Fort_Nelson = heure de Fort Nelson
zone-America-Inuvik = heure d’Inuvik
zone-America-Rankin_Inlet = heure de Rankin Inlet
zone-America-Swift_Current = heure de Swift Current
zone-America-Thunder_Bay = heure de l’Est
zone-America-Goose_Bay = heure de l’Atlantique
zone-America-Glace_Bay = heure de l’Atlantique
zone-UTC = temps universel coordonné

list-and = { $rest } et { $last }

# Les trois formes du nom abrégé de l’association; la configuration les donne avec l’article.
form-the = { $form }
form-of = { $form }
form-to = { $form }

line-dues = Cotisation { $of }, { $category }
line-premium = Prime d’assurance responsabilité professionnelle (ARP)
line-penalty = Frais de retard { $of }
# Une taxe et son taux; le numéro d’inscription est celui de l’association.
line-tax = { $tax } { $rate }
line-tax-registered = { $tax } { $rate }, { $short } (inscription { $number })
total = Total
one-invoice = Tous ces montants figurent sur une seule facture, établie par { $the }.

language-name = Français
