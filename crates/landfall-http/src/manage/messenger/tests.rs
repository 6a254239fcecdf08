use landfall_catalog::{ConditionId, Finding, Recipient};

use super::*;

fn announcement(end: AnnouncementEnd) -> Announcement {
    Announcement {
        number: 1,
        condition: Condition {
            id: ConditionId::new(1),
            finding: Finding {
                event: Event::DestinationFailing,
                subject: "destination/3".to_owned(),
                about: "Lake\r\nBcc: all@example.com".to_owned(),
                destination: Some(DestinationId::new(3)),
                source: None,
                tables: vec!["account".to_owned()],
                message: "Landfall cannot write to the bucket".to_owned(),
                raw_error: Some("An error occurred (404)".to_owned()),
                since: None,
            },
            raised_at: Timestamp::from_millis(1_767_607_502_000),
            resolved_at: Some(Timestamp::from_millis(1_767_607_602_000)),
            dismissed_at: None,
        },
        to: Recipient::Mail("ops@example.com".to_owned()),
        end,
        tries: 0,
    }
}

#[test]
fn a_hook_is_told_as_the_documentation_says() {
    let body = |end, raw| event_body(&announcement(end), ClientId::new(116_078), raw);
    assert_eq!(
        body(AnnouncementEnd::Raised, RawErrors::Told),
        r#"{"version":"1.0","event":"destination.failing","level":"critical","occurred_at":"2026-01-05T10:05:02Z","client_id":116078,"destination_id":3,"source_id":null,"tables":["account"],"message":"Landfall cannot write to the bucket","raw_error":"An error occurred (404)","resolved":false}"#
    );
    let resolved = body(AnnouncementEnd::Resolved, RawErrors::Suppressed);
    assert!(
        resolved.contains(
            r#""event":"destination.recovered","level":"info","occurred_at":"2026-01-05T10:06:42Z""#
        )
    );
    assert!(
        resolved.ends_with(r#""raw_error":null,"resolved":true}"#),
        "{resolved}"
    );
}

#[test]
fn a_mail_says_what_is_wrong_and_its_subject_is_one_line() {
    let mail = |end, raw| event_mail(&announcement(end), "ops@example.com", raw);
    let raised = mail(AnnouncementEnd::Raised, RawErrors::Told);
    assert_eq!(
        raised.subject,
        "Landfall Notification - We're having trouble writing to your data warehouse"
    );
    assert!(raised.text.contains("Tables: account"), "{}", raised.text);
    assert!(raised.text.contains("An error occurred (404)"));
    let quiet = mail(AnnouncementEnd::Raised, RawErrors::Suppressed);
    assert!(!quiet.text.contains("An error occurred"));
    let over = mail(AnnouncementEnd::Resolved, RawErrors::Told);
    assert_eq!(
        over.subject,
        "Landfall Notification - Resolved: We're having trouble writing to your data warehouse"
    );
    assert!(!over.subject.contains(['\r', '\n']));
}
