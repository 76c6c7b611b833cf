//! `EVENT_BUS`: which bus, if any.

/// A bus's name, or its ARN; `none` is a word of ours, which a bus of that name gives way to.
pub(super) fn event_bus(bus: &str) -> Result<Option<String>, &'static str> {
    if bus == "none" {
        return Ok(None);
    }
    let parts: Vec<_> = bus.splitn(6, ':').collect();
    let name = match parts[..] {
        [name] => Some(name),
        ["arn", _, "events", _, account, name] if is_account(account) => {
            name.strip_prefix("event-bus/")
        }
        _ => None,
    };
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"/.-_".contains(&b);
    match name {
        Some(name) if (1..=256).contains(&name.len()) && name.bytes().all(allowed) => {
            Ok(Some(bus.to_owned()))
        }
        _ => Err("expected `none`, or the name or ARN of an event bus of EventBridge"),
    }
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}
