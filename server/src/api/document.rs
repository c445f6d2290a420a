//! The OpenAPI document of the API, made from the handlers and the models. `cargo test` holds it
//! and the list of routes together.

use std::sync::OnceLock;

use bytes::Bytes;
use hyper::StatusCode;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation, ParameterBuilder, ParameterIn};
use utoipa::openapi::response::ResponseBuilder;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{self, Ref, RefOr, Required};
use utoipa::{Modify, OpenApi};

use super::call::{Call, JSON, Reply};
use super::problem::{Problem, ProblemBody};
use super::routes::{
    audit, clients, events, health, held, history, lines, log, me, members, moves, proximity,
    reports, roles, rooms, sanctions, says, search, settings, user_data, users,
};

/// The whole document.
#[derive(Debug, OpenApi)]
#[openapi(
    info(
        title = "Guildhall: the API for the game's server",
        description = "Rooms, users, history and moderation of a Guildhall chat server. Times are \
                       milliseconds since 1970. Errors are problems (RFC 9457).",
    ),
    paths(
        health::get, get, log::get, log::set, me::get,
        rooms::list, rooms::get, rooms::open, rooms::change, rooms::close, rooms::reset,
        rooms::clear, lines::remove, says::say, says::announce, history::page, search::search,
        members::list, moves::put, moves::take_out, moves::change_room,
        users::get, users::purge, users::disconnect, users::set_info, user_data::export, user_data::erase,
        roles::list, roles::set, sanctions::list, sanctions::impose, sanctions::lift,
        reports::list, reports::get, reports::claim, reports::release, reports::decide,
        audit::list, held::list, held::publish, held::reject, proximity::begin, proximity::end, proximity::set_cells,
        proximity::set_hearers, events::list, events::webhooks, clients::list, clients::get,
        clients::close, rooms::busiest, settings::list,
    ),
    components(schemas(ProblemBody)),
    security(("bearer" = []), ("key" = [])),
    modifiers(&Common),
)]
struct Document;

/// This document
///
/// Needs no key.
#[utoipa::path(
    get, path = "/api/v1/openapi.json", tag = "API", operation_id = "getDocument",
    security(()),
    responses((status = 200, description = "The description of the API in OpenAPI.", body = Object)),
)]
pub(crate) async fn get(_call: Call) -> Result<Reply, Problem> {
    Ok(Reply {
        status: StatusCode::OK,
        content_type: JSON,
        body: json(),
        rest: None,
    })
}

/// The document as JSON.
fn json() -> Bytes {
    static JSON: OnceLock<Bytes> = OnceLock::new();
    let made = || {
        let json = Document::openapi().to_json();
        json.expect("an OpenAPI document can be JSON").into()
    };
    JSON.get_or_init(made).clone()
}

/// The common parts of all operations: who may call, the headers, and the problems.
struct Common;

impl Modify for Common {
    fn modify(&self, document: &mut openapi::OpenApi) {
        if let Some(components) = &mut document.components {
            let bearer = HttpBuilder::new()
                .scheme(HttpAuthScheme::Bearer)
                .description(Some(
                    "A key of the API, or the token of a user that moderates.",
                ));
            components.add_security_scheme("bearer", SecurityScheme::Http(bearer.build()));
            let key =
                ApiKeyValue::with_description("X-API-Key", "The same in a header of its own.");
            components.add_security_scheme("key", SecurityScheme::ApiKey(ApiKey::Header(key)));
        }
        for item in document.paths.paths.values_mut() {
            for (operation, is_safe) in [
                (&mut item.get, true),
                (&mut item.post, false),
                (&mut item.put, false),
                (&mut item.patch, false),
                (&mut item.delete, false),
            ] {
                if let Some(operation) = operation {
                    complete(operation, is_safe);
                }
            }
        }
    }
}

/// Adds to an operation what it shares with others.
fn complete(operation: &mut Operation, is_safe: bool) {
    let is_public = operation.security.is_some();
    let has_body = operation.request_body.is_some();
    let problems: [(&str, &str, bool); 12] = [
        ("400", "The request is not valid.", true),
        (
            "401",
            "There is no key of the API, or a wrong one.",
            !is_public,
        ),
        ("403", "The token does not allow this.", !is_public),
        ("404", "There is no such room, user or thing.", true),
        ("405", "The route has not this method.", true),
        ("408", "The body did not come in time.", true),
        (
            "409",
            "Something is against it, or the same request is being carried out.",
            !is_safe,
        ),
        ("413", "The body is too long.", true),
        ("415", "The body is not JSON.", has_body),
        (
            "422",
            "The Idempotency-Key was that of another request.",
            !is_safe,
        ),
        ("500", "A mistake of the server.", true),
        (
            "503",
            "It cannot be done now: send it again after `Retry-After`.",
            true,
        ),
    ];
    for (status, description, can_be) in problems {
        if can_be && !operation.responses.responses.contains_key(status) {
            let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem")));
            let problem = ResponseBuilder::new()
                .description(description)
                .content("application/problem+json", content.build())
                .build();
            let responses = &mut operation.responses.responses;
            responses.insert(status.to_owned(), RefOr::T(problem));
        }
    }
    let id = || {
        let id = HeaderBuilder::new().description(Some("The ID of the request."));
        id.build()
    };
    for response in operation.responses.responses.values_mut() {
        if let RefOr::T(response) = response {
            response
                .headers
                .insert("X-Request-Id".into(), RefOr::T(id()));
        }
    }
    if !is_safe {
        let text = ObjectBuilder::new().schema_type(Type::String);
        let text = text.min_length(Some(1)).max_length(Some(255));
        let key = ParameterBuilder::new()
            .name("Idempotency-Key")
            .parameter_in(ParameterIn::Header)
            .required(Required::False)
            .description(Some(
                "A text that no other request has. The same request with the same key is carried \
                 out once in five minutes, and gets the same response.",
            ))
            .schema(Some(text.pattern(Some("^[!-~]+$")).build()));
        operation
            .parameters
            .get_or_insert_default()
            .push(RefOr::T(key.build()));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::router::{part_names, routes};
    use super::*;

    #[test]
    fn the_document_and_the_routes_are_the_same() {
        let document: serde_json::Value = serde_json::from_slice(&json()).unwrap();
        let mut described = BTreeSet::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                described.insert((method.to_uppercase(), path.clone()));
                let parameters = operation["parameters"].as_array();
                let in_path = parameters
                    .into_iter()
                    .flatten()
                    .filter(|it| it["in"] == "path");
                let in_path: Vec<_> = in_path.map(|it| it["name"].as_str().unwrap()).collect();
                let route = routes()
                    .into_iter()
                    .find(|route| route.path == path)
                    .unwrap();
                assert_eq!(
                    in_path,
                    part_names(route.path).collect::<Vec<_>>(),
                    "{path}"
                );
                let responses = operation["responses"].as_object().unwrap();
                assert!(
                    responses.keys().any(|status| status.starts_with('2')),
                    "{path}"
                );
                assert!(responses.contains_key("503"), "{path}");
            }
        }
        let served: BTreeSet<_> = routes()
            .iter()
            .map(|route| (route.method.to_string(), route.path.to_owned()))
            .collect();
        assert_eq!(described, served);
    }
}
