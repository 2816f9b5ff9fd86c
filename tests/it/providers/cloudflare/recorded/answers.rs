//! What the real Cloudflare once answered, byte for byte but for whose it was.
//!
//! Names, addresses, ids and owners are replaced by made-up ones of the same form, since the recordings are of people's own
//! zones, and a zone's list of permissions is shorter. The order of the fields, what is there and what is not, and the white
//! space are Cloudflare's.
//!
//! From where, all public:
//! * [`ZONES`], [`LISTED`], [`CREATED`], [`OVERWRITTEN`], [`DELETED`], [`EXISTS`]: exchanges of 5 May 2020 that the tests of
//!   `AnalogJ/lexicon` keep (`tests/fixtures/cassettes/cloudflare`, MIT); [`LISTED_EARLIER`] likewise, of 19 March 2018.
//! * [`LISTED_LATER`] and [`CHANGED`]: answers to `curl` of 2026 in the manual of a small tool for dynamic addresses, whose
//!   author had replaced ids and addresses already.
//! * [`THROTTLED`]: what the tests of `octodns/octodns-cloudflare` (MIT) answer a 429 with.
//! * [`BAD_HEADER`]: what the tests of `go-acme/lego` (MIT) keep of a malformed key.
//! * [`NO_SUCH_TOKEN`], [`NOT_ALLOWED`]: as several people have noted them down from the API.
//!
//! No recording of a batch was to be found anywhere.

pub const ZONES: &str = r##"{"result":[{"id":"4f282fede870f505f531b56a761ec000","name":"example.com","status":"active","paused":false,"type":"full","development_mode":0,"name_servers":["christian.ns.cloudflare.com","dina.ns.cloudflare.com"],"original_name_servers":["ns1.example.net","ns2.example.net","ns3.example.net"],"original_registrar":"a registrar (id: 433)","original_dnshost":null,"modified_on":"2020-05-05T21:31:07.819655Z","created_on":"2020-05-05T20:18:21.026572Z","activated_on":"2020-05-05T21:07:04.803131Z","meta":{"step":2,"wildcard_proxiable":false,"custom_certificate_quota":0,"page_rule_quota":3,"phishing_detected":false,"multiple_railguns_allowed":false},"owner":{"id":"66de559ecaa0169df8e3c950a86b4000","type":"user","email":"owner@example.com"},"account":{"id":"5da32e1ae729aa30839477d7ff488000","name":"owner@example.com"},"permissions":["#access:edit","#access:read","#dns_records:edit","#dns_records:read","#zone:edit","#zone:read"],"plan":{"id":"0feeeeeeeeeeeeeeeeeeeeeeeeeeeeee","name":"Free Website","price":0,"currency":"USD","frequency":"","is_subscribed":false,"can_subscribe":false,"legacy_id":"free","legacy_discount":false,"externally_managed":false}}],"result_info":{"page":1,"per_page":20,"total_pages":1,"count":1,"total_count":1},"success":true,"errors":[],"messages":[]}"##;

pub const CREATED: &str = r#"{
  "result": {
    "id": "025c68da1654c1307eea60b70638c000",
    "zone_id": "4f282fede870f505f531b56a761ec000",
    "zone_name": "example.com",
    "name": "orig.test.example.com",
    "type": "TXT",
    "content": "challengetoken",
    "proxiable": false,
    "proxied": false,
    "ttl": 3600,
    "locked": false,
    "meta": {
      "auto_added": false,
      "managed_by_apps": false,
      "managed_by_argo_tunnel": false,
      "source": "primary"
    },
    "created_on": "2020-05-05T21:31:10.257308Z",
    "modified_on": "2020-05-05T21:31:10.257308Z"
  },
  "success": true,
  "errors": [],
  "messages": []
}
"#;

/// The answer to a PUT with another name: `created_on` moved along, as it did then.
pub const OVERWRITTEN: &str = r#"{
  "result": {
    "id": "025c68da1654c1307eea60b70638c000",
    "zone_id": "4f282fede870f505f531b56a761ec000",
    "zone_name": "example.com",
    "name": "updated.test.example.com",
    "type": "TXT",
    "content": "challengetoken",
    "proxiable": false,
    "proxied": false,
    "ttl": 3600,
    "locked": false,
    "meta": {
      "auto_added": false,
      "managed_by_apps": false,
      "managed_by_argo_tunnel": false,
      "source": "primary"
    },
    "created_on": "2020-05-05T21:31:11.231877Z",
    "modified_on": "2020-05-05T21:31:11.231877Z"
  },
  "success": true,
  "errors": [],
  "messages": []
}
"#;

pub const LISTED: &str = r#"{
  "result": [
    {
      "id": "025c68da1654c1307eea60b70638c000",
      "zone_id": "4f282fede870f505f531b56a761ec000",
      "zone_name": "example.com",
      "name": "orig.test.example.com",
      "type": "TXT",
      "content": "challengetoken",
      "proxiable": false,
      "proxied": false,
      "ttl": 3600,
      "locked": false,
      "meta": {
        "auto_added": false,
        "managed_by_apps": false,
        "managed_by_argo_tunnel": false,
        "source": "primary"
      },
      "created_on": "2020-05-05T21:31:10.257308Z",
      "modified_on": "2020-05-05T21:31:10.257308Z"
    }
  ],
  "success": true,
  "errors": [],
  "messages": [],
  "result_info": {
    "page": 1,
    "per_page": 100,
    "count": 1,
    "total_count": 1,
    "total_pages": 1
  }
}
"#;

pub const LISTED_EARLIER: &str = r#"{"result":[{"id":"953d7daeb30fa9ba4911a7ea23545000","type":"TXT","name":"_acme-challenge.listrecordset.example.com","content":"challengetoken1","proxiable":false,"proxied":false,"ttl":3600,"locked":false,"zone_id":"4f282fede870f505f531b56a761ec000","zone_name":"example.com","modified_on":"2018-03-19T18:52:18.396311Z","created_on":"2018-03-19T18:52:18.396311Z","meta":{"auto_added":false,"managed_by_apps":false}},{"id":"701b40a8345a1379064ab2c7f49cc000","type":"TXT","name":"_acme-challenge.listrecordset.example.com","content":"challengetoken2","proxiable":false,"proxied":false,"ttl":3600,"locked":false,"zone_id":"4f282fede870f505f531b56a761ec000","zone_name":"example.com","modified_on":"2018-03-19T18:52:18.517052Z","created_on":"2018-03-19T18:52:18.517052Z","meta":{"auto_added":false,"managed_by_apps":false}}],"result_info":{"page":1,"per_page":100,"total_pages":1,"count":2,"total_count":2},"success":true,"errors":[],"messages":[]}"#;

pub const LISTED_LATER: &str = r#"{
  "result": [
    {
      "id": "372e67954025e0ba6aaa6d586b9e0000",
      "name": "dns.example.com",
      "type": "A",
      "content": "192.0.2.46",
      "proxiable": false,
      "proxied": false,
      "ttl": 1,
      "settings": {},
      "meta": {},
      "comment": "DNS",
      "tags": [],
      "created_on": "2026-01-01T00:00:00.000000Z",
      "modified_on": "2026-01-01T00:00:00.000000Z",
      "comment_modified_on": "2026-01-01T00:00:00.000000Z"
    }
  ],
  "success": true,
  "errors": [],
  "messages": [],
  "result_info": {
    "page": 1,
    "per_page": 500,
    "count": 1,
    "total_count": 1,
    "total_pages": 1
  }
}
"#;

pub const CHANGED: &str = r#"{
  "result": {
    "id": "372e67954025e0ba6aaa6d586b9e0000",
    "name": "dns.example.com",
    "type": "A",
    "content": "192.0.2.47",
    "proxiable": false,
    "proxied": false,
    "ttl": 1,
    "settings": {},
    "meta": {},
    "comment": "DNS",
    "tags": [],
    "created_on": "2026-01-01T00:00:00.000000Z",
    "modified_on": "2026-01-01T00:00:00.000000Z",
    "comment_modified_on": "2026-01-01T00:00:00.000000Z"
  },
  "success": true,
  "errors": [],
  "messages": []
}
"#;

pub const DELETED: &str = r#"{
  "result": {
    "id": "025c68da1654c1307eea60b70638c000"
  },
  "success": true,
  "errors": [],
  "messages": []
}
"#;

pub const EXISTS: &str = r#"{
  "result": null,
  "success": false,
  "errors": [
    {
      "code": 81057,
      "message": "The record already exists."
    }
  ],
  "messages": []
}
"#;

pub const THROTTLED: &str = r#"{"success":false,"errors":[{"code":10100,"message":"More than 1200 requests per 300 seconds reached. Please wait and consider throttling your request speed"}],"messages":[],"result":null}"#;

pub const BAD_HEADER: &str = r#"{
  "success": false,
  "errors": [
    {
      "code": 6003,
      "message": "Invalid request headers",
      "error_chain": [
        {
          "code": 6103,
          "message": "Invalid format for X-Auth-Key header"
        }
      ]
    }
  ],
  "messages": [],
  "result": null
}
"#;

pub const NO_SUCH_TOKEN: &str =
    r#"{"result":null,"success":false,"errors":[{"code":10000,"message":"Authentication error"}],"messages":[]}"#;

pub const NOT_ALLOWED: &str =
    r#"{"success":false,"errors":[{"code":9109,"message":"Unauthorized to access requested resource"}]}"#;

/// Put together from the code and words that several clients look for.
pub const GONE: &str =
    r#"{"success":false,"errors":[{"code":81044,"message":"Record does not exist."}],"messages":[],"result":null}"#;
