//! MessagePack against any type: any bytes are read or refused; what is read is written and read
//! again as the same; a value that is written is read.

#![no_main]

use arbitrary::Unstructured;
use libfuzzer_sys::fuzz_target;
use terraform_provider_mss::framework::value::msgpack::{decode, encode};
use terraform_provider_mss_fuzz::{any_type, any_value};

fuzz_target!(|data: &[u8]| {
    let mut from = Unstructured::new(data);
    let Ok(of) = any_type(&mut from, 3) else { return };
    if from.arbitrary().unwrap_or(false)
        && let Ok(value) = any_value(&mut from, &of, &[])
    {
        let bytes = encode(&value, &of).expect("a value of the type is written");
        decode(&bytes, &of).expect("what was written is read");
    }
    let bytes = from.take_rest();
    if let Ok(value) = decode(bytes, &of) {
        let again = encode(&value, &of).expect("what was read is written");
        assert_eq!(decode(&again, &of).expect("what was written is read"), value);
    }
});
