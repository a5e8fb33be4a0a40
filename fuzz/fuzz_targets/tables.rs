//! Every kind of table and the evidence of registries: any bytes are read, or refused with an offset.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::net::IpAddr;
use tattletale_core::attribute::Operators;
use tattletale_core::attribute::evidence::{Answer, Evidence, Question, Record};
use tattletale_core::attribute::tables::{KINDS, Origin};

fuzz_target!(|data: &[u8]| {
    let server = IpAddr::from([192, 0, 2, 1]);
    let mut operators = Operators::default();
    for kind in KINDS {
        kind.sniff(data);
        if let Ok(opened) = kind.open(data.to_vec(), &Origin::default()) {
            let _ = opened.table.verify();
            operators.add(opened.table);
        }
    }
    let mut evidence = Evidence::read(&String::from_utf8_lossy(data)).unwrap_or_default();
    let name = "t.example".to_owned();
    let dns = Question::Records { name: name.clone(), record: Record::A };
    for (question, status) in [(Question::Domain(name.clone()), 200), (Question::Address(server), 200), (dns, 0)] {
        evidence.add(&Answer::new(String::new(), question, String::new(), status, data));
    }
    operators.add_evidence(evidence);
    operators.of(&name, &[server]);
});
