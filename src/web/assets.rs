//! Static files out of the binary: style sheets, script, icons, fonts.
//!
//! Their paths carry a hash over all of them (`/static/3f2a91c04d5e6b78/quarterdeck.css`), so browsers may keep them
//! for ever, a new version has new paths, and the fonts that a style sheet names by relative URL share its hash. **One
//! more file**: put it into `static/` and name it in a template as `{{ "name"|asset }}`.

use std::sync::LazyLock;

use actix_web::{HttpRequest, HttpResponse, web};
use rust_embed::RustEmbed;
use xxhash_rust::xxh3::Xxh3;

use super::revalidation;

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/static/"]
struct Files;

/// Over the names and contents of all files, in the order of their names.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut names: Vec<_> = Files::iter().collect();
    names.sort();
    let mut hash = Xxh3::new();
    for name in names {
        hash.update(name.as_bytes());
        hash.update(&Files::get(&name).map(|file| file.metadata.sha256_hash()).unwrap_or_default());
    }
    format!("{:016x}", hash.digest())
});

/// The path under which a static file is served.
pub fn path(name: &str) -> String {
    ["/static/", VERSION.as_str(), "/", name].concat()
}

/// `GET /static/{version}/{name}`. A path of another version is answered with the file of today, but is not to be kept.
pub async fn serve(request: HttpRequest, path: web::Path<(String, String)>) -> HttpResponse {
    let (version, name) = path.into_inner();
    let Some(file) = Files::get(&name).filter(|_| is_public(&name)) else { return HttpResponse::NotFound().finish() };
    let cache = if version == *VERSION { "public, max-age=31536000, immutable" } else { "no-cache" };
    match revalidation::begin(&request, VERSION.clone(), cache) {
        Ok(mut answer) => answer.content_type(media_type(&name)).body(file.data.into_owned()),
        Err(known) => *known,
    }
}

/// The script that makes the vendored files lies in the same folder, and is nobody's to fetch.
fn is_public(name: &str) -> bool {
    name != "build.mjs"
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("woff2") => "font/woff2",
        Some("png") => "image/png",
        _ => "text/plain; charset=utf-8",
    }
}
