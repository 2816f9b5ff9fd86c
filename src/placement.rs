//! Placement by rule: which region, cluster, app, role and environment a resource belongs to, as the configuration
//! says.
//!
//! Rules come first, in their order, the first match wins; what it leaves open the source's own region and cluster
//! fill. What is still open may be derived from relations later (`relations::placement`).

use crate::config::{ClusterConfig, Config, PlacementRule, SourceConfig};
use crate::kinds::{Facts, KindSpec};

/// Where a resource belongs; an empty string is "not known".
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    pub region: String,
    pub cluster: String,
    pub app: String,
    pub role: String,
    pub app_type: String,
    pub environment: String,
}

impl Place {
    /// Whether it says nothing about where the resource is.
    pub fn is_unplaced(&self) -> bool {
        self.region.is_empty() && self.cluster.is_empty() && self.app.is_empty()
    }

    /// This place, and where it says nothing what `derived` says, field by field. The halves of two places make none,
    /// though: when the two disagree about the region or the cluster, `derived` fills in neither, nor the environment.
    pub fn or(&self, derived: &Self) -> Self {
        let agree = |one: &str, other: &str| one.is_empty() || other.is_empty() || one == other;
        let fill = |one: &String, other: &String| if one.is_empty() { other.clone() } else { one.clone() };
        let same_spot = agree(&self.region, &derived.region) && agree(&self.cluster, &derived.cluster);
        let spot = if same_spot { derived } else { self };
        Self {
            region: fill(&self.region, &spot.region),
            cluster: fill(&self.cluster, &spot.cluster),
            app: fill(&self.app, &derived.app),
            role: fill(&self.role, &derived.role),
            app_type: fill(&self.app_type, &derived.app_type),
            environment: fill(&self.environment, &spot.environment),
        }
    }

    /// This place as that of what serves an app: under the app's name and, where it says nothing itself, where the app
    /// lies.
    pub fn serving(&self, app: &Self) -> Self {
        if app.app.is_empty() {
            return self.clone();
        }
        Self { app: app.app.clone(), ..self.clone() }.or(app)
    }

    /// Whether it says all that `other` says, and perhaps more.
    pub fn extends(&self, other: &Self) -> bool {
        self.or(other) == *self && other.or(self) == *self
    }
}

/// Places that a rule of a team names; an empty pattern names nothing, and what is named must all hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Within {
    pub region: String,
    pub cluster: String,
    pub app: String,
}

impl Within {
    /// Whether a resource that is there lies within. What is not placed lies nowhere, whatever the pattern.
    pub fn holds(&self, region: &str, cluster: &str, app: &str) -> bool {
        let fields = [(&self.region, region), (&self.cluster, cluster), (&self.app, app)];
        let mut named = fields.into_iter().filter(|(pattern, _)| !pattern.is_empty()).peekable();
        named.peek().is_some() && named.all(|(pattern, place)| !place.is_empty() && glob(pattern, place))
    }
}

/// `region eu, cluster eu-staging, app shop*`
impl std::fmt::Display for Within {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let fields = [("region", &self.region), ("cluster", &self.cluster), ("app", &self.app)];
        let named = fields.into_iter().filter(|(_, pattern)| !pattern.is_empty());
        f.write_str(&named.map(|(field, pattern)| format!("{field} {pattern}")).collect::<Vec<_>>().join(", "))
    }
}

/// The kind whose resources are apps themselves, each placed under its own name unless a rule says otherwise.
const APP: &str = "app";

/// The rules as one source's records meet them.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    source: String,
    region: String,
    cluster: String,
    rules: Vec<PlacementRule>,
    clusters: Vec<ClusterConfig>,
}

impl Rules {
    /// The rules for the records of `source`.
    pub fn of_source(config: &Config, source: &SourceConfig) -> Self {
        Self {
            source: source.name.clone(),
            region: source.region.clone().unwrap_or_default(),
            cluster: source.cluster.clone().unwrap_or_default(),
            rules: config.placements.clone(),
            clusters: config.clusters.clone(),
        }
    }

    /// Where the rules and the source's defaults put a resource.
    pub fn place(&self, spec: &KindSpec, facts: &Facts) -> Place {
        let mut place = Place::default();
        if let Some(rule) = self.rules.iter().find(|rule| self.matches(rule, spec, facts)) {
            let set = rule.set.clone();
            place = Place {
                region: set.region.unwrap_or_default(),
                cluster: set.cluster.unwrap_or_default(),
                app: set.app.unwrap_or_default(),
                role: set.role.unwrap_or_default(),
                app_type: set.app_type.unwrap_or_default(),
                environment: set.environment.unwrap_or_default(),
            };
        }
        if place.cluster.is_empty() && place.region.is_empty() {
            place.cluster.clone_from(&self.cluster);
            place.region.clone_from(&self.region);
        }
        if spec.name == APP && place.app.is_empty() {
            place.app.clone_from(&facts.name);
        }
        self.complete(place)
    }

    /// A cluster knows its region and its environment.
    fn complete(&self, mut place: Place) -> Place {
        if let Some(cluster) = self.clusters.iter().find(|cluster| cluster.name == place.cluster) {
            if place.region.is_empty() {
                place.region.clone_from(&cluster.region);
            }
            if place.environment.is_empty() {
                place.environment.clone_from(&cluster.environment);
            }
        }
        place
    }

    fn matches(&self, rule: &PlacementRule, spec: &KindSpec, facts: &Facts) -> bool {
        rule.matches.iter().all(|(field, pattern)| match field.as_str() {
            "source" => glob(pattern, &self.source),
            "kind" => glob(pattern, spec.name),
            "name" => glob(pattern, &facts.name),
            field => match field.strip_prefix("tag.") {
                Some(tag) => facts.tags.iter().any(|(name, value)| name == tag && glob(pattern, value)),
                None => spec.facet(field).is_some_and(|position| glob(pattern, &facts.facets[position])),
            },
        })
    }
}

/// Whether `text` matches `pattern`, in which `*` stands for any run of characters.
pub fn glob(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut pieces = pieces.peekable();
    if pieces.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(piece) = pieces.next() {
        if pieces.peek().is_none() {
            return rest.ends_with(piece);
        }
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::PlacementSet;

    fn place(region: &str, cluster: &str, app: &str, environment: &str) -> Place {
        let [region, cluster, app, environment] = [region, cluster, app, environment].map(str::to_owned);
        Place { region, cluster, app, environment, ..Place::default() }
    }

    #[test]
    fn what_rules_leave_open_relations_fill_unless_they_speak_of_another_place() {
        let derived = place("eu", "eu-1", "shop", "production");
        for (rule, together) in [
            (place("", "", "", ""), place("eu", "eu-1", "shop", "production")),
            (place("", "", "blog", ""), place("eu", "eu-1", "blog", "production")),
            (place("eu", "", "", ""), place("eu", "eu-1", "shop", "production")),
            (place("", "eu-1", "", "test"), place("eu", "eu-1", "shop", "test")),
            (place("us", "", "", ""), place("us", "", "shop", "")),
            (place("", "us-1", "", ""), place("", "us-1", "shop", "")),
        ] {
            assert_eq!(rule.or(&derived), together, "{rule:?}");
        }
    }

    #[test]
    fn what_serves_an_app_is_the_apps_wherever_it_lies() {
        let app = place("eu", "staging", "shop", "test");
        for (target, together) in [
            (place("", "", "", ""), app.clone()),
            (place("eu", "staging", "", ""), app.clone()),
            (place("eu", "", "router", ""), app.clone()),
            (place("eu", "edge", "", ""), place("eu", "edge", "shop", "")),
        ] {
            assert_eq!(target.serving(&app), together, "{target:?}");
        }
        let target = place("eu", "edge", "router", "");
        assert_eq!(target.serving(&place("eu", "staging", "", "")), target, "without an app it is nobody's");
    }

    #[test]
    fn a_place_extends_another_when_nothing_of_that_is_lost() {
        let whole = place("eu", "eu-1", "shop", "production");
        assert!(
            whole.extends(&Place::default()) && whole.extends(&place("eu", "", "shop", "")) && whole.extends(&whole)
        );
        assert!(!whole.extends(&place("us", "", "", "")) && !place("eu", "", "", "").extends(&whole));
    }

    #[test]
    fn an_app_lies_under_its_own_name_unless_a_rule_says_otherwise() {
        let facts = Facts { name: "shop".to_owned(), ..Facts::default() };
        let place = |rules: &Rules, kind: &str| rules.place(KindSpec::by_name(kind).unwrap(), &facts).app;
        assert_eq!(place(&Rules::default(), "app"), "shop");
        assert_eq!(place(&Rules::default(), "instance"), "");
        let set = PlacementSet { app: Some("store".to_owned()), ..PlacementSet::default() };
        let rules = Rules {
            rules: vec![PlacementRule { matches: std::collections::BTreeMap::new(), set }],
            ..Rules::default()
        };
        assert_eq!(place(&rules, "app"), "store");
    }

    #[test]
    fn what_a_rule_names_must_all_hold_and_what_is_unplaced_lies_nowhere() {
        let rule = |region: &str, cluster: &str, app: &str| {
            let [region, cluster, app] = [region, cluster, app].map(str::to_owned);
            Within { region, cluster, app }
        };
        assert!(rule("", "eu-staging", "shop*").holds("eu", "eu-staging", "shop-api"));
        assert!(!rule("", "eu-staging", "shop*").holds("eu", "eu-staging", "blog"));
        assert!(!rule("", "eu-staging", "shop*").holds("eu", "eu-1", "shop-api"));
        assert!(!rule("", "eu-staging", "*").holds("eu", "eu-staging", "") && !rule("*", "", "").holds("", "", ""));
        assert!(!rule("", "", "").holds("eu", "eu-1", "shop"));
        assert_eq!(rule("", "eu-staging", "shop*").to_string(), "cluster eu-staging, app shop*");
    }

    #[test]
    fn a_star_stands_for_any_run() {
        for (pattern, text, expected) in [
            ("postgres*", "postgres-1", true),
            ("postgres*", "my-postgres", false),
            ("*-db-*", "eu-db-1", true),
            ("*", "", true),
            ("a*b*c", "aXbYc", true),
            ("a*b*c", "acb", false),
            ("web", "web", true),
            ("web", "web1", false),
            ("a*a", "a", false),
        ] {
            assert_eq!(glob(pattern, text), expected, "{pattern} {text}");
        }
    }
}
