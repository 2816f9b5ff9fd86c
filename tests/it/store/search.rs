//! Search takes every character as it is, on both databases, and shows the best first.

use quarterdeck::kinds::dns_record;
use quarterdeck::store::listing::{ListQuery, list};
use quarterdeck::store::search::{Extent, Found, Group, search};
use quarterdeck::store::{Backend, Db, Scope, terms};

use crate::support::database::on_each_database;
use crate::support::seed::{self, Seed, minute};

async fn sown(db: &Db, seeds: Vec<Seed>) {
    db.write(move |connection| {
        seed::scope(connection, 1, "instance", "eu", "complete", Some(minute(500)));
        seed::scope(connection, 2, "dns_record", "example.com", "complete", Some(minute(500)));
        seed::sow(connection, &seeds);
        Ok(())
    })
    .await
    .unwrap();
}

async fn found(db: &Db, text: &str, extent: Extent) -> Found {
    let text = text.to_owned();
    db.read(move |connection| search(connection, &Scope::unrestricted(), &text, extent, 10, None)).await.unwrap()
}

async fn groups(db: &Db, text: &str) -> Vec<Group> {
    found(db, text, Extent::First).await.groups
}

async fn names(db: &Db, text: &str) -> Vec<String> {
    groups(db, text).await.into_iter().flat_map(|group| group.hits).map(|hit| hit.row.name).collect()
}

const NOTHING: [&str; 0] = [];

#[tokio::test]
async fn every_character_is_what_it_is() {
    let strange = [
        "100%",
        "100x",
        "a_b_c",
        "axbxc",
        r#"say"hi""#,
        "say'hi'",
        "star*fish",
        "starfish",
        "-dash-first",
        "back\\slash",
        "back/slash",
        "semi;colon'quote",
        "(paren)OR:near",
        "zürich",
        "zurich",
        "emoji-🦀-crab",
        "{brace}^",
        "trail.",
        // The same to PostgreSQL's index, which has letters in place of marks.
        "marks.and-more_of:them",
        "marksqandxmorewofjthem",
    ];
    on_each_database(async |db| {
        let seeds = strange.iter().zip(1..).map(|(name, id)| Seed::new(id, "instance", 1, name)).collect();
        sown(&db, seeds).await;
        for name in strange {
            assert_eq!(names(&db, name).await, [name]);
        }
        for (part, whole) in [
            ("00%", "100%"),
            ("a_b", "a_b_c"),
            ("y\"h", r#"say"hi""#),
            ("ar*", "star*fish"),
            ("dash-f", "-dash-first"),
            ("ck\\s", "back\\slash"),
            ("zür", "zürich"),
            ("ZÜR", "zürich"),
            ("🦀-c", "emoji-🦀-crab"),
            ("'quo", "semi;colon'quote"),
            ("n)or:", "(paren)OR:near"),
            ("rks.and-more_of:t", "marks.and-more_of:them"),
            ("rksqandxmorewofjt", "marksqandxmorewofjthem"),
        ] {
            assert_eq!(names(&db, part).await, [whole], "{part}");
        }
        for nothing in ["%", "%%%", "___", "\"\"\"", "***", "\\", "NOT", "a AND NEAR(b)", "\0", " ", ""] {
            assert_eq!(names(&db, nothing).await, NOTHING, "{nothing:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn the_exact_one_comes_before_beginnings_parts_and_tombstones() {
    on_each_database(async |db| {
        let seeds = vec![
            Seed::new(1, "instance", 1, "my-web-1"),
            Seed::new(2, "instance", 1, "web-10"),
            Seed::new(3, "instance", 1, "zz").term("web-1"),
            Seed::new(4, "instance", 1, "web-1").gone(minute(200)),
            Seed::new(5, "dns_record", 2, "web-1.example.com"),
        ];
        sown(&db, seeds).await;
        let groups = groups(&db, "WEB-1").await;
        assert_eq!(groups.iter().map(|group| group.spec.name).collect::<Vec<_>>(), ["instance", "dns_record"]);
        let instances: Vec<_> = groups[0].hits.iter().map(|hit| (hit.row.id, hit.row.gone_at.is_some())).collect();
        assert_eq!(instances, [(3, false), (2, false), (4, true)]);
        assert_eq!(groups[0].hits[0].term, "web-1");
        assert!(!groups[0].more);
    })
    .await;
}

/// What only contains the word is a second question, and the first one says whether there is any use in it.
#[tokio::test]
async fn what_contains_a_word_comes_second_and_first_where_nothing_begins_with_it() {
    on_each_database(async |db| {
        let mut seeds = vec![
            Seed::new(1, "instance", 1, "my-web-1"),
            Seed::new(2, "instance", 1, "web-10"),
            Seed::new(3, "dns_record", 2, "www.web-1.example.com").term("web-1.example.com"),
            Seed::new(4, "instance", 1, "db-1"),
        ];
        // More that begin with it than are weighed leave room for what does not.
        seeds.extend((0..300).map(|n| Seed::new(100 + n, "dns_record", 2, &format!("many-{n:03}.example.com"))));
        seeds.push(Seed::new(500, "instance", 1, "too-many"));
        sown(&db, seeds).await;
        let ids = |found: &Found| -> Vec<i64> {
            found.groups.iter().flat_map(|group| &group.hits).map(|hit| hit.row.id).collect()
        };
        for (text, first, has_rest, rest) in [
            ("web-1", vec![2, 3], true, vec![1]),
            ("eb-1", vec![1, 2, 3], false, vec![1, 2, 3]),
            ("we", vec![2, 3], false, vec![]),
            ("nothing-like-it", vec![], false, vec![]),
        ] {
            let found_first = found(&db, text, Extent::First).await;
            assert_eq!((sorted(ids(&found_first)), found_first.has_rest), (first.clone(), has_rest), "{text}");
            assert_eq!(sorted(ids(&found(&db, text, Extent::Rest).await)), rest, "the rest of {text}");
            let both = [first, if has_rest { rest } else { Vec::new() }].concat();
            assert_eq!(sorted(ids(&found(&db, text, Extent::All).await)), sorted(both), "all of {text}");
        }
        let common = found(&db, "many", Extent::First).await;
        assert!(common.groups[0].more && !common.has_rest);
        assert_eq!(ids(&found(&db, "many", Extent::Rest).await), [500], "beginnings take no room from it");
        let both = found(&db, "web example", Extent::First).await;
        assert_eq!((ids(&both), both.has_rest), (vec![3], false), "several words are looked for anywhere at once");
    })
    .await;
}

fn sorted(mut ids: Vec<i64>) -> Vec<i64> {
    ids.sort_unstable();
    ids
}

#[tokio::test]
async fn words_must_all_be_borne_and_short_ones_begin_a_term() {
    on_each_database(async |db| {
        let seeds = vec![
            Seed::new(1, "instance", 1, "web-1").term("10.0.0.7").term("tag:env:prod"),
            Seed::new(2, "instance", 1, "web-2").term("10.0.0.71").term("tag:env:test"),
            Seed::new(3, "instance", 1, "db-1").term("2001:db8::7"),
        ];
        sown(&db, seeds).await;
        assert_eq!(names(&db, "web prod").await, ["web-1"]);
        assert_eq!(names(&db, "0.0.7").await, ["web-1", "web-2"]);
        assert_eq!(names(&db, "10.0.0.7").await, ["web-1", "web-2"]);
        assert_eq!(names(&db, "2001:DB8:0::7").await, ["db-1"]);
        assert_eq!(names(&db, "db").await, ["db-1"]);
        assert_eq!(names(&db, "b-").await, NOTHING);
        assert_eq!(names(&db, "web db").await, NOTHING);
    })
    .await;
}

#[tokio::test]
async fn a_past_moment_finds_what_bore_the_word_then() {
    on_each_database(async |db| {
        let mut renamed =
            Seed::new(1, "instance", 1, "new-name").version(minute(20), minute(100), "old-name", "running");
        renamed.changed = minute(100);
        sown(&db, vec![renamed]).await;
        for (text, at, found) in [
            ("old-name", 50, Some("old-name")),
            ("old-name", 150, None),
            ("new-name", 150, Some("new-name")),
            ("new-name", 50, None),
        ] {
            let groups = db
                .read(move |connection| {
                    search(connection, &Scope::unrestricted(), text, Extent::First, 10, Some(minute(at)))
                })
                .await
                .unwrap()
                .groups;
            let name = groups.first().map(|group| group.hits[0].row.name.as_str());
            assert_eq!(name, found, "{text} at minute {at}");
        }
    })
    .await;
}

const ID: &str = "023e105f4ecef8ad9ca31a8372d0c353";

/// An id of digits alone is in no trigram index; what was found by it is found by it still.
#[tokio::test]
async fn an_id_is_found_whole_and_by_its_beginning_in_searches_and_lists() {
    on_each_database(async |db| {
        let record = |id, term: &str| Seed::new(id, "dns_record", 2, &format!("r-{id:04}.example.com")).term(term);
        sown(&db, vec![record(1, ID), record(2, "0b1e105f4ecef8ad9ca31a8372d0c353"), record(3, "a 023e within")]).await;
        let first = "r-0001.example.com";
        assert_eq!(names(&db, ID).await, [first]);
        assert_eq!(names(&db, &ID.to_uppercase()).await, [first]);
        assert_eq!(names(&db, "023e1").await, [first]);
        assert_eq!(names(&db, "8ad9ca31").await, NOTHING, "nobody looks for the middle of an id");
        assert_eq!(names(&db, "023e").await, [first], "and second what has it within");
        for (text, found) in [(ID, vec![1]), ("023e1", vec![1]), ("023e", vec![1, 3]), ("8ad9ca31", vec![])] {
            assert_eq!(listed(&db, text).await, found, "{text}");
        }
    })
    .await;
}

/// More terms than are named one by one, which each resource is asked for instead.
#[tokio::test]
async fn the_beginning_of_very_many_ids_is_found_and_their_middle_is_not() {
    on_each_database(async |db| {
        let id = |id: i64, head: &str| format!("{head}{id:05}{}", &ID[..24 - head.len()]);
        let record = |number: i64, head: &str| {
            Seed::new(number, "dns_record", 2, &format!("r-{number:04}.example.com")).term(&id(number, head))
        };
        let seeds = (1..=1_200).map(|number| record(number, if number > 600 { "abcdef" } else { "012345" }));
        sown(&db, seeds.collect()).await;
        assert_eq!(listed(&db, "abcdef").await, (601..=1_200).collect::<Vec<_>>());
        assert_eq!(listed(&db, "bcdef0").await, Vec::<i64>::new());
    })
    .await;
}

/// The ids that a list within records has for a text, in order.
async fn listed(db: &Db, text: &str) -> Vec<i64> {
    let query = ListQuery { text: Some(text.to_owned()), limit: 1_000, ..ListQuery::of(&dns_record::SPEC) };
    let page = db.read(move |connection| list(connection, &Scope::unrestricted(), &query)).await.unwrap();
    page.rows.iter().map(|row| row.id).collect()
}

/// Many writings leave many parts of SQLite's index; joined they find the same.
#[tokio::test]
async fn the_parts_of_the_index_are_joined_and_find_the_same() {
    on_each_database(async |db| {
        sown(&db, vec![Seed::new(1, "instance", 1, "part-000")]).await;
        for n in 2..15 {
            let seeds = vec![Seed::new(n, "instance", 1, &format!("part-{n:03}"))];
            db.write(move |connection| {
                seed::sow(connection, &seeds);
                Ok(())
            })
            .await
            .unwrap();
        }
        let before = names(&db, "rt-0").await;
        assert_eq!(before.len(), 10);
        let is_sqlite = db.backend() == Backend::Sqlite;
        let many = db.read(terms::parts_to_merge).await.unwrap();
        assert_eq!(many.is_some(), is_sqlite, "{many:?}");
        if is_sqlite {
            let mut turns = 0;
            while db.write(move |connection| terms::merge(connection, turns == 0)).await.unwrap() {
                turns += 1;
                assert!(turns < 100, "it never ends");
            }
            assert_eq!(db.read(terms::parts_to_merge).await.unwrap(), None);
        }
        assert_eq!(names(&db, "rt-0").await, before);
    })
    .await;
}
