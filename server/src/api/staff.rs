//! The pages for staff on the listener of the API: files that anybody may have. What they show they
//! ask the API for, with the token or the key that their user has put in.

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::header::{HeaderValue, LOCATION};
use hyper::{Method, Request, Response, StatusCode};

use crate::pages::assets::STAFF;
use crate::pages::headers;

use super::call::ResponseBody;

/// The paths of the pages, each with its file.
const PAGES: [(&str, &str); 2] = [
    ("/moderate", "/moderate.html"),
    ("/operate", "/operate.html"),
];

/// The beginning of the paths of all other files.
const FILES: &str = "/staff";

/// The response with a page or a file of one, if the request is for one. Its body is not read.
pub(crate) fn get<B>(request: &Request<B>) -> Option<Response<ResponseBody>> {
    if request.method() != Method::GET && request.method() != Method::HEAD {
        return None;
    }
    let path = request.uri().path();
    if let Some((page, _)) = PAGES.iter().find(|(page, _)| is_folder(path, page)) {
        return Some(redirect(page));
    }
    let page = PAGES.iter().find(|(page, _)| *page == path);
    let file = page.map(|(_, file)| *file).or_else(|| file(path))?;
    let mut response = STAFF.get(file, request.headers())?;
    headers::staff_page(response.headers_mut());
    Some(response.map(body))
}

/// The file with this path. Those of the pages have paths of their own.
fn file(path: &str) -> Option<&str> {
    let file = path.strip_prefix(FILES)?;
    (file.starts_with('/') && PAGES.iter().all(|(_, page)| *page != file)).then_some(file)
}

/// Whether the path is that of the page with a slash behind it, where its files would not be found.
fn is_folder(path: &str, page: &str) -> bool {
    path.strip_suffix('/').is_some_and(|path| path == page)
}

/// Sends the browser to a page. The address is relative, because a proxy may have the API below a
/// path of its own.
fn redirect(page: &str) -> Response<ResponseBody> {
    let mut response = Response::new(body(Bytes::new()));
    *response.status_mut() = StatusCode::PERMANENT_REDIRECT;
    let location = HeaderValue::try_from(format!("..{page}"));
    let location = location.expect("the paths of pages are ASCII");
    response.headers_mut().insert(LOCATION, location);
    headers::secure(response.headers_mut());
    response
}

fn body(bytes: Bytes) -> ResponseBody {
    let body = Full::new(bytes).map_err(|never| match never {});
    body.boxed_unsync()
}

#[cfg(test)]
mod tests {
    use hyper::header::{CONTENT_SECURITY_POLICY, ETAG, IF_NONE_MATCH};

    use super::*;

    fn answer(method: Method, path: &str) -> Option<Response<ResponseBody>> {
        let request = Request::builder().method(method).uri(path);
        get(&request.body(()).unwrap())
    }

    #[test]
    fn a_page_runs_its_own_scripts_and_asks_its_own_server_alone() {
        for (path, _) in PAGES {
            let page = answer(Method::GET, path).unwrap();
            assert_eq!(page.status(), StatusCode::OK);
            let policy = page.headers()[CONTENT_SECURITY_POLICY].to_str().unwrap();
            assert!(
                policy.starts_with("default-src 'none'; script-src 'self'; "),
                "{policy}"
            );
            assert!(!policy.contains("unsafe"), "{policy}");
            let tag = page.headers()[ETAG].clone();
            let again = Request::get(path).header(IF_NONE_MATCH, tag);
            let again = get(&again.body(()).unwrap()).unwrap();
            assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        }
    }

    #[test]
    fn all_other_paths_and_methods_belong_to_the_api() {
        for path in [
            "/",
            "/staff",
            "/staff/",
            "/staff/moderate.html",
            "/moderate.html",
            "/moderated",
            "/operate.html",
            "/staff/operate.html",
            "/staff/../moderate",
            "/api/v1/health",
        ] {
            assert!(answer(Method::GET, path).is_none(), "{path}");
        }
        assert!(answer(Method::POST, "/moderate").is_none());
        assert!(answer(Method::HEAD, "/moderate").is_some());
    }

    #[test]
    fn a_slash_behind_a_page_is_taken_away() {
        let response = answer(Method::GET, "/moderate/").unwrap();
        assert_eq!(response.status(), StatusCode::PERMANENT_REDIRECT);
        assert_eq!(response.headers()[LOCATION], "../moderate");
    }
}
