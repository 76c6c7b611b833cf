//! Confluent Cloud's servers: each a door in front of the emulator.

use std::future::ready;

use crate::{
    door::{Call, Door},
    emulator::{Emulator, Gateway},
    requests::Caller,
    serve::{Listener, Server},
};

/// Serves one gateway of `emulator`.
#[must_use]
pub fn serve(listener: Listener, gateway: Gateway, emulator: Emulator, door: Door) -> Server {
    listener.serve(move |request| {
        let (emulator, door) = (emulator.clone(), door.clone());
        let call = Call {
            service: service(gateway).to_owned(),
            operation: Emulator::operation(gateway, request.method(), request.uri().path()),
            by: Caller::from_user_agent(request.headers()),
        };
        async move {
            door.pass(call, request, |request, as_of| {
                ready(Some(emulator.handle(gateway, &request, as_of)))
            })
            .await
        }
    })
}

fn service(gateway: Gateway) -> &'static str {
    match gateway {
        Gateway::ControlPlane => "confluent",
        Gateway::KafkaRest => "kafka_rest",
        Gateway::SchemaRegistry => "schema_registry",
    }
}
