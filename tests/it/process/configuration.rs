//! Wrong usage and wrong configuration: exit 64, every fault at once, nothing started.

use std::fs;

use super::child::*;

#[test]
fn every_fault_comes_at_once_with_its_key_and_source() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("iinspect.toml");
    fs::write(&file, "[server]\nlisten = \"nowhere\"\n[limits]\nconcurrencies = 3\n").unwrap();
    let mut command = iinspect();
    command.arg("serve").arg("--config").arg(&file).args(["--admin-listen", "x"]);
    command.env("IINSPECT_LIMITS__DEADLINE", "soon").env("IINSPECT_REGISTER__URL", "mysql://u:s3cret@h/db");
    let output = run(&mut command);
    assert_eq!(code(&output), 64);
    let text = stderr(&output);
    for told in [
        "server.listen (",
        "iinspect.toml): must be IP:PORT",
        "limits.concurrencies (",
        "server.admin_listen (flag --admin-listen)",
        "limits.deadline (environment variable IINSPECT_LIMITS__DEADLINE)",
        "register.url (environment variable IINSPECT_REGISTER__URL): must be sqlite:PATH",
    ] {
        assert!(text.contains(told), "{told}\n{text}");
    }
    assert_eq!(text.lines().count(), 5, "{text}");
    assert!(!text.contains("s3cret"), "a value can be a password");
}

#[test]
fn usage_is_64_and_help_is_0() {
    assert_eq!(code(&run(iinspect().arg("serve").arg("--nonsense"))), 64);
    assert_eq!(code(&run(&mut iinspect())), 64);
    assert_eq!(code(&run(iinspect().args(["serve", "--demo", "--register", "sqlite:x"]))), 64);
    assert_eq!(code(&run(iinspect().arg("--help"))), 0);
    assert_eq!(code(&run(iinspect().arg("--version"))), 0);
    let output = run(iinspect().arg("serve"));
    assert_eq!(code(&output), 64);
    assert!(stderr(&output).contains("register.url"));
}

#[test]
fn check_config_says_what_serve_would() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("iinspect.toml");
    fs::write(&file, "[verification]\nstrict_structure = true\n").unwrap();
    let output = run(iinspect().arg("check-config").arg("--config").arg(&file));
    assert_eq!(code(&output), 0);
    assert!(stdout(&output).starts_with("configuration: ok\nrulebook: version "), "{}", stdout(&output));
    fs::write(&file, "[verification]\nstrict_structure = \"perhaps\"\n").unwrap();
    let output = run(iinspect().arg("check-config").arg("--config").arg(&file));
    assert_eq!(code(&output), 64);
    assert!(stderr(&output).contains("verification.strict_structure"));
    let printed = stdout(&run(iinspect().args(["check-config", "--defaults"])));
    assert!(printed.contains("drain_delay = \"3s\""));
}

#[test]
fn a_port_that_is_taken_is_69_in_one_line() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output =
        run(iinspect().args(["serve", "--demo", "--listen", &address, "--admin-listen", "127.0.0.1:0"]));
    assert_eq!(code(&output), 69);
    let text = stderr(&output);
    let complaint = text.lines().filter(|l| l.starts_with("iinspect: ")).count();
    assert!(complaint == 1 && text.contains(&address), "{text}");
}
