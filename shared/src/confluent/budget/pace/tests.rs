//! Tables, and a limit to learn.

use super::*;

fn seconds(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

/// A token bucket as a service would keep one, and how it speaks of it.
#[derive(Debug, Clone, Copy)]
struct Limit {
    per_second: f64,
    burst: f64,
    headers: bool,
    retry_after: bool,
}

/// What came of many calls by callers that never tire.
struct Course {
    accepted: usize,
    refused: usize,
    seconds: f64,
}

impl Course {
    fn share_used(&self, limit: &Limit) -> f64 {
        self.accepted as f64 / (self.seconds * limit.per_second + limit.burst)
    }

    fn share_refused(&self) -> f64 {
        self.refused as f64 / (self.accepted + self.refused) as f64
    }
}

fn run(limit: &Limit, latency: f64, calls: usize) -> Course {
    let mut random = fastrand::Rng::with_seed(7);
    let start = Instant::now();
    let mut pace = Pace::default();
    let (mut tokens, mut filled, mut at) = (limit.burst, 0.0, 0.0);
    // When it is answered, when it was sent, what is said.
    let mut under_way: Vec<(f64, f64, Says)> = Vec::new();
    let (mut accepted, mut refused) = (0, 0);
    while accepted < calls {
        let now = start + seconds(at);
        match pace.turn(now, random.f64()) {
            Turn::Now => {
                let arrives = at + latency / 2.0;
                tokens = f64::min(limit.burst, tokens + (arrives - filled) * limit.per_second);
                filled = arrives;
                let allowed = tokens >= 1.0;
                if allowed {
                    tokens -= 1.0;
                }
                let wanted = if allowed { limit.burst } else { 1.0 };
                let reset = ((wanted - tokens) / limit.per_second).ceil().max(1.0);
                let told = |value: f64| limit.headers.then_some(value);
                let says = Says {
                    refused: !allowed,
                    retry_after: (!allowed && limit.retry_after).then(|| seconds(reset)),
                    limit: told(limit.burst),
                    remaining: told(tokens.floor()),
                    reset: told(reset).map(seconds),
                };
                let answered = at + latency * (0.8 + 0.4 * random.f64());
                under_way.push((answered, at, says));
                continue;
            }
            Turn::At(when) => at = next_event(&under_way, when.duration_since(start).as_secs_f64()),
            Turn::AfterAnAnswer => at = next_event(&under_way, f64::INFINITY),
        }
        let now = start + seconds(at);
        under_way.retain(|(answered, sent, says)| {
            if *answered > at {
                return true;
            }
            pace.ended();
            pace.answered(start + seconds(*sent), now, says, random.f64());
            if says.refused {
                refused += 1;
            } else {
                accepted += 1;
            }
            false
        });
    }
    Course {
        accepted,
        refused,
        seconds: at,
    }
}

fn next_event(under_way: &[(f64, f64, Says)], turn: f64) -> f64 {
    let answers = under_way.iter().map(|(answered, ..)| *answered);
    answers.fold(turn, f64::min) + 1e-9
}

#[test]
fn most_of_a_limit_is_used_and_little_is_refused() {
    for (per_second, used_at_least) in [(2.0, 0.7), (10.0, 0.93), (50.0, 0.93)] {
        for burst in [per_second, per_second * 4.0] {
            for (headers, retry_after) in [(true, true), (false, true), (false, false)] {
                let limit = Limit {
                    per_second,
                    burst,
                    headers,
                    retry_after,
                };
                let course = run(&limit, 0.25, 3000);
                let (used, refused) = (course.share_used(&limit), course.share_refused());
                let line = format!("{limit:?}: {used:.3} used, {refused:.4} refused");
                // Two a second, and whole seconds until all is back: that much cannot be told apart.
                let used_at_least = if headers && burst < 3.0 {
                    0.4
                } else {
                    used_at_least
                };
                assert!(used >= used_at_least, "{line}");
                assert!(refused <= if headers { 0.005 } else { 0.03 }, "{line}");
            }
        }
    }
}

/// A pace after what it was told: each answer was sent and came at these seconds.
fn after(answers: &[(f64, f64, Says)]) -> (Pace, Instant) {
    let start = Instant::now();
    let mut pace = Pace::default();
    for (sent, came, says) in answers {
        pace.answered(start + seconds(*sent), start + seconds(*came), says, 0.0);
    }
    (pace, start)
}

fn wait(pace: &mut Pace, now: Instant) -> Option<f64> {
    match pace.turn(now, 0.5) {
        Turn::Now => None,
        Turn::At(at) => Some((at - now).as_secs_f64()),
        Turn::AfterAnAnswer => Some(f64::INFINITY),
    }
}

const ACCEPTED: Says = Says {
    refused: false,
    retry_after: None,
    limit: None,
    remaining: None,
    reset: None,
};
const REFUSED: Says = Says {
    refused: true,
    ..ACCEPTED
};

fn told(limit: f64, remaining: f64, reset: u64) -> Says {
    Says {
        limit: Some(limit),
        remaining: Some(remaining),
        reset: Some(Duration::from_secs(reset)),
        ..ACCEPTED
    }
}

#[test]
fn an_answer_makes_those_wait_who_must() {
    let retry_after = |s| Says {
        retry_after: Some(Duration::from_secs(s)),
        ..REFUSED
    };
    let table = [
        ("nothing is known", vec![], None),
        ("accepted", vec![(0.0, 0.5, ACCEPTED)], None),
        (
            "plenty remains",
            vec![(0.0, 0.5, told(100.0, 90.0, 60))],
            None,
        ),
        (
            "less than half remains",
            vec![(0.0, 0.5, told(100.0, 49.0, 60))],
            None,
        ),
        (
            "nothing remains",
            vec![(0.0, 0.5, told(100.0, 0.0, 60))],
            Some(60.0),
        ),
        ("retry after 7", vec![(0.0, 0.5, retry_after(7))], Some(7.0)),
        (
            "retry after an hour",
            vec![(0.0, 0.5, retry_after(3600))],
            Some(900.0),
        ),
        // One in half a second was too fast, a third of that is tried: 1 / (2 * 0.85).
        (
            "refused without a word",
            vec![(0.0, 0.5, REFUSED)],
            Some(1.0 / 1.7),
        ),
    ];
    for (what, answers, expected) in table {
        let (mut pace, start) = after(&answers);
        let waits = wait(&mut pace, start + seconds(0.5));
        let near = |(a, b): (f64, f64)| (a - b).abs() < 1e-6;
        let same = match (waits, expected) {
            (Some(waits), Some(expected)) => near((waits, expected)),
            (waits, expected) => waits == expected,
        };
        assert!(same, "{what}: {waits:?}, expected {expected:?}");
    }
}

#[test]
fn after_a_hold_turns_are_a_spacing_apart() {
    let hold = Says {
        retry_after: Some(Duration::from_secs(2)),
        ..REFUSED
    };
    let accepted: Vec<_> = (0..10)
        .map(|n| (f64::from(n) / 10.0, 1.0, ACCEPTED))
        .collect();
    let (mut pace, start) = after(&[accepted, vec![(0.9, 1.0, hold)]].concat());
    let mut now = start + seconds(1.0);
    let mut turns = Vec::new();
    while turns.len() < 4 {
        match wait(&mut pace, now) {
            None => turns.push((now - start).as_secs_f64()),
            Some(waits) => now += seconds(waits),
        }
    }
    // Ten a second were accepted, and 85 % of that is kept.
    let gap = 1.0 / 8.5;
    for (turn, expected) in turns.iter().zip([0.0, gap, 2.0 * gap, 3.0 * gap]) {
        assert!((turn - 3.0 - expected).abs() < 1e-6, "{turns:?}");
    }
}

#[test]
fn a_burst_of_refusals_slows_once_and_a_later_one_again() {
    let (mut pace, start) = after(&[(0.0, 0.25, ACCEPTED), (0.0, 0.25, REFUSED)]);
    let once = pace.per_second;
    pace.answered(start, start + seconds(0.3), &REFUSED, 0.0);
    assert_eq!(pace.per_second, once);
    pace.answered(start + seconds(1.0), start + seconds(1.25), &REFUSED, 0.0);
    assert!(pace.per_second < once);
}

#[test]
fn calls_under_way_are_bounded_and_the_bound_grows_with_answers() {
    let (mut pace, start) = after(&[]);
    let take = |pace: &mut Pace| {
        (0..100)
            .take_while(|_| pace.turn(start, 0.5) == Turn::Now)
            .count()
    };
    assert_eq!(take(&mut pace), 8);
    assert_eq!(pace.turn(start, 0.5), Turn::AfterAnAnswer);
    for _ in 0..8 {
        pace.ended();
        pace.answered(start, start + seconds(0.25), &ACCEPTED, 0.5);
    }
    assert_eq!(take(&mut pace), 16);
}

#[test]
fn whatever_is_said_the_pace_keeps_its_bounds() {
    let mut random = fastrand::Rng::with_seed(3);
    for _ in 0..200 {
        let (mut pace, start) = after(&[]);
        let mut now = start;
        for _ in 0..200 {
            let sent = now;
            now += seconds(random.f64());
            let any = |random: &mut fastrand::Rng| {
                let values = [0.0, 1e-9, 1.0, 7.0, 1e9, f64::MAX];
                random.choice(values).filter(|_| random.bool())
            };
            let span = |seconds: Option<f64>| {
                seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
            };
            let says = Says {
                refused: random.bool(),
                retry_after: span(any(&mut random)),
                limit: any(&mut random),
                remaining: any(&mut random),
                reset: span(any(&mut random)),
            };
            pace.answered(sent, now, &says, random.f64());
            let per_second = pace.per_second.unwrap_or(SLOWEST);
            assert!((SLOWEST..=FASTEST).contains(&per_second), "{says:?}");
            if let Turn::At(at) = pace.turn(now, random.f64()) {
                // The longest hold, and a turn of the slowest pace after it.
                assert!(
                    at - now <= LONGEST_HOLD + Duration::from_secs(30),
                    "{says:?}"
                );
            }
            pace.ended();
        }
    }
}

#[test]
fn what_was_learned_is_forgotten_after_a_long_sleep() {
    let (mut pace, start) = after(&[(0.0, 0.25, REFUSED)]);
    assert!(pace.per_second.is_some());
    assert_eq!(pace.turn(start + Duration::from_secs(3600), 0.5), Turn::Now);
    assert_eq!(pace.per_second, None);
}
