//! Every scenario, in one binary: each runs what members, desks and operators would use, the
//! built binary among real mail servers, and looks at what came of it from outside.

#![expect(clippy::unwrap_used, reason = "in a scenario an unwrap is an assertion")]

mod support;

#[path = "scenarios/00-support/mod.rs"]
mod s00_support;
#[path = "scenarios/10-notice-click-confirmation/mod.rs"]
mod s10_notice_click_confirmation;
#[path = "scenarios/11-reply-in-french/mod.rs"]
mod s11_reply_in_french;
#[path = "scenarios/12-genuine-dsn/mod.rs"]
mod s12_genuine_dsn;
#[path = "scenarios/13-expired-and-damaged-links/mod.rs"]
mod s13_expired_and_damaged_links;
#[path = "scenarios/14-scanner-storm/mod.rs"]
mod s14_scanner_storm;
#[path = "scenarios/15-unsubscribe/mod.rs"]
mod s15_unsubscribe;
#[path = "scenarios/16-bad-requests/mod.rs"]
mod s16_bad_requests;
#[path = "scenarios/17-killed-at-every-point/mod.rs"]
mod s17_killed_at_every_point;
#[path = "scenarios/18-pages-in-a-browser/mod.rs"]
mod s18_pages_in_a_browser;
#[path = "scenarios/19-under-systemd/mod.rs"]
mod s19_under_systemd;
#[path = "scenarios/20-each-class-of-bounce/mod.rs"]
mod s20_each_class_of_bounce;
#[path = "scenarios/21-complaint/mod.rs"]
mod s21_complaint;
#[path = "scenarios/22-absence-du-bureau/mod.rs"]
mod s22_absence_du_bureau;
#[path = "scenarios/23-forwarded-question-and-negated-command/mod.rs"]
mod s23_forwarded_question_and_negated_command;
#[path = "scenarios/24-suppression-list/mod.rs"]
mod s24_suppression_list;
#[path = "scenarios/25-challenge-and-receipts/mod.rs"]
mod s25_challenge_and_receipts;
#[path = "scenarios/30-import/mod.rs"]
mod s30_import;
#[path = "scenarios/31-check/mod.rs"]
mod s31_check;
#[path = "scenarios/32-planning-10000/mod.rs"]
mod s32_planning_10000;
#[path = "scenarios/33-two-planners/mod.rs"]
mod s33_two_planners;
#[path = "scenarios/34-down-over-a-firing/mod.rs"]
mod s34_down_over_a_firing;
#[path = "scenarios/35-forecast/mod.rs"]
mod s35_forecast;
#[path = "scenarios/40-relay-4xx-5xx/mod.rs"]
mod s40_relay_refuses;
#[path = "scenarios/41-relay-closes-and-hangs/mod.rs"]
mod s41_relay_closes_and_hangs;
#[path = "scenarios/42-relay-password-expired/mod.rs"]
mod s42_relay_password_expired;
#[path = "scenarios/43-mailbox-rebuilt/mod.rs"]
mod s43_mailbox_rebuilt;
#[path = "scenarios/44-old-mailbox/mod.rs"]
mod s44_old_mailbox;
#[path = "scenarios/45-loops-end/mod.rs"]
mod s45_loops_end;
#[path = "scenarios/46-killer-mail/mod.rs"]
mod s46_killer_mail;
#[path = "scenarios/50-calendar-table/mod.rs"]
mod s50_calendar_table;
#[path = "scenarios/51-secrets-and-folders/mod.rs"]
mod s51_secrets_and_folders;
#[path = "scenarios/60-attack-mail/mod.rs"]
mod s60_attack_mail;
#[path = "scenarios/61-attack-config/mod.rs"]
mod s61_attack_config;
#[path = "scenarios/70-invoice-and-receipt/mod.rs"]
mod s70_invoice_and_receipt;
#[path = "scenarios/71-remittance/mod.rs"]
mod s71_remittance;
#[path = "scenarios/72-four-steps/mod.rs"]
mod s72_four_steps;
#[path = "scenarios/73-new-address/mod.rs"]
mod s73_new_address;
#[path = "scenarios/74-deadline/mod.rs"]
mod s74_deadline;
#[path = "scenarios/75-declaration/mod.rs"]
mod s75_declaration;
#[path = "scenarios/76-card/mod.rs"]
mod s76_card;
#[path = "scenarios/77-reminders-and-lapse/mod.rs"]
mod s77_reminders_and_lapse;
#[path = "scenarios/78-gate/mod.rs"]
mod s78_gate;
#[path = "scenarios/79-letters-and-preview/mod.rs"]
mod s79_letters_and_preview;
#[path = "scenarios/80-front-page/mod.rs"]
mod s80_front_page;
#[path = "scenarios/81-verify/mod.rs"]
mod s81_verify;
#[path = "scenarios/82-export-and-erase/mod.rs"]
mod s82_export_and_erase;
#[path = "scenarios/83-retention/mod.rs"]
mod s83_retention;
#[path = "scenarios/84-digest/mod.rs"]
mod s84_digest;
#[path = "scenarios/85-on-behalf/mod.rs"]
mod s85_on_behalf;
#[path = "scenarios/86-promises/mod.rs"]
mod s86_promises;
#[path = "scenarios/87-desk-decides/mod.rs"]
mod s87_desk_decides;
#[path = "scenarios/87-desk-in-the-members-place/mod.rs"]
mod s87_desk_in_the_members_place;
#[path = "scenarios/88-payer/mod.rs"]
mod s88_payer;
#[path = "scenarios/89-own-clock/mod.rs"]
mod s89_own_clock;
#[path = "scenarios/89-proof/mod.rs"]
mod s89_proof;
#[path = "scenarios/90-backup/mod.rs"]
mod s90_backup;
#[path = "scenarios/91-set-back/mod.rs"]
mod s91_set_back;
#[path = "scenarios/92-clock-set-wrong/mod.rs"]
mod s92_clock_set_wrong;
#[path = "scenarios/92-mailbox-in-trouble/mod.rs"]
mod s92_mailbox_in_trouble;
#[path = "scenarios/93-the-machine-in-trouble/mod.rs"]
mod s93_the_machine_in_trouble;
#[path = "scenarios/94-poisoned-member/mod.rs"]
mod s94_poisoned_member;
#[path = "scenarios/95-nothing-leaks/mod.rs"]
mod s95_nothing_leaks;
#[path = "scenarios/96-overload/mod.rs"]
mod s96_overload;
#[path = "scenarios/97-operating/mod.rs"]
mod s97_operating;
#[path = "scenarios/98-commands/mod.rs"]
mod s98_commands;
