//! What a page says, without what has to differ between then and later: how long ago something was, how fresh the facts
//! are, the frame, and what is not kept of the past.

use quarterdeck::kinds::KindSpec;
use scraper::{ElementRef, Html, Node, Selector};
use serde_json::Value;

use crate::support::browser::Page;

/// Parts of a page that are of the present alone, or are about the page itself.
const LEFT_OUT: [&str; 7] = ["age", "past-note", "tools", "pager", "notice", "head-aside", "nothing"];

/// What a page, a file or an answer says.
pub fn of(page: &Page) -> String {
    assert!(page.status == 200 || page.status == 404, "{} {}", page.status, page.text);
    match page.header("content-type") {
        _ if page.status == 404 => "there is none".to_owned(),
        kind if kind.starts_with("application/json") => {
            let mut answer = page.json();
            settle(&mut answer);
            serde_json::to_string_pretty(&answer).unwrap()
        }
        kind if kind.starts_with("text/csv") => {
            let plain = |field: &str| if field.ends_with(" healthy") { "" } else { field }.to_owned();
            page.text.lines().map(|line| line.split(',').map(plain).collect::<Vec<_>>().join(",") + "\n").collect()
        }
        _ => html(&page.text),
    }
}

/// The links of a page's content.
pub fn links(page: &Page) -> Vec<String> {
    let document = Html::parse_document(&page.text);
    let links = Selector::parse("main a[href], .nav-deck a[href]").unwrap();
    document.select(&links).filter_map(|link| link.attr("href").map(str::to_owned)).collect()
}

fn html(text: &str) -> String {
    let document = Html::parse_document(text);
    let main = document.select(&Selector::parse("main").unwrap()).next().expect("a page has a content");
    let mut words = Vec::new();
    read(main, &mut words);
    settled(&words.join(" "))
}

/// Without how long ago something was, which is another thing whenever it is read, and how well targets are.
fn settled(said: &str) -> String {
    let words: Vec<&str> = said.split_whitespace().collect();
    let plain = |position: usize| words.get(position).map_or("", |word| word.trim_matches(['(', ')', ',']));
    let is_number = |position: usize| plain(position).parse::<u32>().is_ok();
    let mut kept = Vec::new();
    let mut position = 0;
    while position < words.len() {
        position += match () {
            () if is_number(position) && plain(position + 2) == "ago" => 3,
            () if plain(position) == "just" && plain(position + 1) == "now" => 2,
            () if is_number(position) && plain(position + 3) == "healthy" => 4,
            () if plain(position) == "–" => 1,
            () => {
                kept.push(words[position]);
                1
            }
        };
    }
    kept.join(" ")
}

/// A link without the moment that it keeps.
fn timeless(href: &str) -> String {
    let Some((path, query)) = href.split_once('?') else { return href.to_owned() };
    let pairs: Vec<&str> = query.split('&').filter(|pair| !pair.starts_with("at=")).collect();
    format!("{path}?{}", pairs.join("&")).trim_end_matches('?').to_owned()
}

fn read(element: ElementRef<'_>, words: &mut Vec<String>) {
    let mut is_left_out = false;
    for child in element.children() {
        if let Node::Text(text) = child.value() {
            words.push(text.trim().to_owned());
        }
        let Some(child) = ElementRef::wrap(child) else { continue };
        let text = || child.text().collect::<String>();
        // When something was seen last is of the present alone; so is how its targets are.
        match child.value().name() {
            "dt" => is_left_out = ["Last seen", "Targets"].contains(&text().trim()),
            "dd" if is_left_out => continue,
            _ => {}
        }
        if !is_left_out && !is_of_the_present(child) {
            match child.attr("datetime") {
                Some(at) => words.push(at.to_owned()),
                None => read(child, words),
            }
            words.extend(child.attr("href").map(|href| format!("→{}", timeless(href))));
        }
        is_left_out &= child.value().name() == "dt";
    }
}

fn is_of_the_present(element: ElementRef<'_>) -> bool {
    let heading = || element.select(&Selector::parse("h2").unwrap()).next().map(|h2| h2.text().collect::<String>());
    match element.value().name() {
        "form" | "svg" | "details" => true,
        "section" => {
            ["alerts", "served", "dns"].map(Some).contains(&element.attr("aria-labelledby"))
                || heading().as_deref() == Some("Targets")
        }
        _ => element.value().classes().any(|class| LEFT_OUT.contains(&class)),
    }
}

/// Takes out of an answer what is of the present alone.
fn settle(answer: &mut Value) {
    match answer {
        Value::Object(fields) => {
            let volatile =
                fields.get("kind").and_then(Value::as_str).and_then(KindSpec::by_name).map(|spec| spec.volatile);
            if let Some(Value::Object(attrs)) = fields.get_mut("attrs") {
                attrs.retain(|name, _| !volatile.unwrap_or_default().contains(&name.as_str()));
            }
            for name in ["last_seen_at", "confirmed_at", "complete", "next_cursor"] {
                fields.remove(name);
            }
            fields.values_mut().for_each(settle);
        }
        Value::Array(items) => items.iter_mut().for_each(settle),
        _ => {}
    }
}
