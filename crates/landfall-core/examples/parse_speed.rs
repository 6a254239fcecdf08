use landfall_core::json::*;
fn main() {
    let data = std::fs::read(std::env::args().nth(1).unwrap()).unwrap();
    for _ in 0..3 {
        let t = std::time::Instant::now();
        let mut tape = Tape::new();
        let mut paths = Paths::new();
        let mut n = 0;
        for line in data.split(|b| *b == b'\n') {
            if line.is_empty() {
                continue;
            }
            let v = tape.parse_document(line, NonFinite::AsNull, &mut paths).unwrap();
            n += v.children().count();
        }
        println!(
            "{n} {:?} {} MB/s",
            t.elapsed(),
            data.len() as f64 / 1e6 / t.elapsed().as_secs_f64()
        );
    }
}
