//! The routes of the API: which path and method leads to which handler, and who may call it.

use std::pin::Pin;

use hyper::Method;
use matchit::Router;

use super::call::{Call, Reply, decode};
use super::caller::Access;
use super::document;
use super::problem::{Problem, ProblemKind};
use super::routes::{
    audit, clients, events, health, held, history, lines, log, me, members, metrics, moves,
    proximity, reports, roles, rooms, sanctions, says, search, settings, user_data, users,
};

/// The reply of a handler, when it comes.
pub(crate) type Handling = Pin<Box<dyn Future<Output = Result<Reply, Problem>>>>;

/// A method of a path.
#[derive(Debug, Clone)]
pub(crate) struct Route {
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    pub(crate) access: Access,
    pub(crate) handle: fn(Call) -> Handling,
}

macro_rules! routes {
    ($($method:ident $path:literal $access:ident $handler:path;)*) => {
        vec![$(Route {
            method: Method::$method,
            path: concat!("/api/v1", $path),
            access: Access::$access,
            handle: |call| Box::pin($handler(call)),
        }),*]
    };
}

/// All routes.
pub(crate) fn routes() -> Vec<Route> {
    routes! {
        GET "/health" Anybody health::get;
        GET "/openapi.json" Anybody document::get;
        GET "/log" Game log::get;
        PUT "/log" Game log::set;
        GET "/me" Moderators me::get;
        GET "/rooms" Moderators rooms::list;
        GET "/rooms/{room}" Moderators rooms::get;
        PUT "/rooms/{room}" Game rooms::open;
        PATCH "/rooms/{room}" Moderators rooms::change;
        DELETE "/rooms/{room}" Game rooms::close;
        DELETE "/rooms/{room}/settings" Moderators rooms::reset;
        POST "/rooms/{room}/clear" Moderators rooms::clear;
        POST "/rooms/{room}/messages" Game says::say;
        DELETE "/rooms/{room}/messages/{epoch}/{seq}" Moderators lines::remove;
        POST "/announcements" Game says::announce;
        GET "/rooms/{room}/history" Moderators history::page;
        GET "/search" Moderators search::search;
        GET "/rooms/{room}/members" Moderators members::list;
        POST "/rooms/{room}/members" Game moves::put;
        POST "/rooms/{room}/removals" Game moves::take_out;
        POST "/moves" Game moves::change_room;
        GET "/users/{user}" Moderators users::get;
        GET "/users/{user}/export" Game user_data::export;
        POST "/users/{user}/erase" Game user_data::erase;
        POST "/users/{user}/purge" Moderators users::purge;
        POST "/users/{user}/disconnect" Game users::disconnect;
        PUT "/users/{user}/info" Game users::set_info;
        GET "/rooms/{room}/moderators" Moderators roles::list;
        PUT "/roles" Moderators roles::set;
        GET "/sanctions" Moderators sanctions::list;
        POST "/sanctions" Moderators sanctions::impose;
        DELETE "/sanctions/{id}" Moderators sanctions::lift;
        GET "/reports" Moderators reports::list;
        GET "/reports/{id}" Moderators reports::get;
        POST "/reports/{id}/claim" Moderators reports::claim;
        POST "/reports/{id}/release" Moderators reports::release;
        POST "/reports/{id}/decide" Moderators reports::decide;
        GET "/held" Moderators held::list;
        POST "/held/{id}/publish" Moderators held::publish;
        POST "/held/{id}/reject" Moderators held::reject;
        GET "/audit" Moderators audit::list;
        PUT "/rooms/{room}/proximity" Game proximity::begin;
        DELETE "/rooms/{room}/proximity" Game proximity::end;
        PUT "/rooms/{room}/cells" Game proximity::set_cells;
        PUT "/rooms/{room}/hearers" Game proximity::set_hearers;
        GET "/events" Game events::list;
        GET "/webhooks" Game events::webhooks;
        GET "/clients" Game clients::list;
        GET "/clients/{client}" Game clients::get;
        DELETE "/clients/{client}" Game clients::close;
        GET "/busiest-rooms" Game rooms::busiest;
        GET "/settings" Game settings::list;
    }
}

/// The routes that have the paths that programs of operators look for, and are not in the document.
fn operators_routes() -> Vec<Route> {
    let get = |path, access, handle| Route {
        method: Method::GET,
        path,
        access,
        handle,
    };
    vec![
        get("/metrics", Access::Metrics, |call| {
            Box::pin(async move { Ok(metrics::get(&call)) })
        }),
        get("/livez", Access::Anybody, |call| {
            Box::pin(health::live(call))
        }),
        get("/readyz", Access::Anybody, |call| {
            Box::pin(health::ready(call))
        }),
        get("/healthz", Access::Anybody, |call| {
            Box::pin(health::get(call))
        }),
    ]
}

/// The routes, by path.
#[derive(Debug, Clone)]
pub(crate) struct Routes(Router<PathRoutes>);

/// The routes of one path.
#[derive(Debug, Clone, Default)]
struct PathRoutes {
    routes: Vec<Route>,
    /// Their methods, for the header `Allow`.
    allow: String,
}

/// A route that was found, and the parts of the path that it names.
#[derive(Debug)]
pub(crate) struct Matched {
    pub(crate) route: Route,
    pub(crate) path: Vec<(&'static str, String)>,
}

impl Routes {
    /// All routes.
    ///
    /// # Panics
    ///
    /// If two paths are in each other's way.
    pub(crate) fn new() -> Self {
        let mut paths: Vec<(&'static str, PathRoutes)> = Vec::new();
        for route in routes().into_iter().chain(operators_routes()) {
            let at = paths.iter().position(|(path, _)| *path == route.path);
            let at = at.unwrap_or_else(|| {
                paths.push((route.path, PathRoutes::default()));
                paths.len() - 1
            });
            let PathRoutes { routes, allow } = &mut paths[at].1;
            if !allow.is_empty() {
                allow.push_str(", ");
            }
            allow.push_str(route.method.as_str());
            if route.method == Method::GET {
                allow.push_str(", HEAD");
            }
            routes.push(route);
        }
        let mut router = Router::new();
        for (path, routes) in paths {
            let inserted = router.insert(path, routes);
            inserted.expect("no two paths are in each other's way");
        }
        Self(router)
    }

    /// Finds the route of a request.
    ///
    /// # Errors
    ///
    /// There is none for the path, or for this method of it.
    pub(crate) fn find(&self, method: &Method, path: &str) -> Result<Matched, Problem> {
        let Ok(found) = self.0.at(path) else {
            let detail = "there is no such route: GET /api/v1/openapi.json lists them";
            return Err(Problem::new(ProblemKind::NotFound, detail));
        };
        let method = if method == Method::HEAD {
            &Method::GET
        } else {
            method
        };
        let PathRoutes { routes, allow } = found.value;
        let Some(route) = routes.iter().find(|route| route.method == *method) else {
            let kind = ProblemKind::MethodNotAllowed(allow.clone());
            return Err(Problem::new(kind, format!("this route has {allow}")));
        };
        let parts = found.params.iter().map(|(name, value)| {
            // The names come back as a part of the path's text, which is static.
            let name = part_names(route.path).find(|part| *part == name);
            Ok((name.unwrap_or_default(), decode(value)?))
        });
        Ok(Matched {
            path: parts.collect::<Result<_, Problem>>()?,
            route: route.clone(),
        })
    }
}

/// The names of the parts of a path that can be anything.
pub(crate) fn part_names(path: &'static str) -> impl Iterator<Item = &'static str> {
    path.split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}
