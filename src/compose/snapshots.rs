//! Whole mails and pages as they go out, decoded, for people to read in review.
