//! From event to answer.

use lambda_runtime::tracing::warn;
use serde_json::value::RawValue;
use shared::{
    failure::Failure,
    settings::{RecordFormat, StreamSettings},
    stream::{self, Answer, Format, Formats},
};

/// Decodes and counts; a line of log for each partition with dead letters.
pub(crate) fn handle(event: &RawValue, settings: StreamSettings) -> Result<Answer, Failure> {
    let formats = Formats {
        key: format(settings.key_format),
        value: format(settings.value_format),
    };
    let answer =
        stream::count(event, formats).map_err(|error| Failure::new(error.kind(), &error))?;
    for (name, partition) in &answer.partitions {
        if let Some(fault) = partition.first_fault {
            let (dead_letters, records) = (partition.dead_letters, partition.records);
            warn!(
                partition = name,
                dead_letters,
                offset = fault.offset,
                "counted {dead_letters} of {records} records of `{name}` as dead letters, the first at {fault}"
            );
        }
    }
    Ok(answer)
}

fn format(format: RecordFormat) -> Format {
    match format {
        RecordFormat::Bytes => Format::Bytes,
        RecordFormat::String => Format::String,
        RecordFormat::Json => Format::Json,
    }
}
