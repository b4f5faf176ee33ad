//! Chromium without a window and without a network, told what to do through its
//! DevTools protocol.

use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;
use tungstenite::{Message, WebSocket};

/// How long anything may take before a test gives up.
const PATIENCE: Duration = Duration::from_secs(60);

/// A browser with one open page.
pub struct Browser {
    child: Child,
    socket: WebSocket<TcpStream>,
    session: Option<String>,
    calls: u64,
    /// What the page has complained of: exceptions, errors and warnings of its
    /// console, and whatever it tried to load that is not in the file.
    pub complaints: Vec<String>,
    /// Dialogs that it has opened.
    pub dialogs: u64,
    _profile: TempDir,
}

/// The program, if there is one.
fn chromium() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("VGRAD_CHROMIUM") {
        return Some(named.into());
    }
    let path = std::env::var_os("PATH")?;
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let names = ["chromium", "chromium-browser", "google-chrome"];
    names
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)))
        .find(|program| program.is_file())
}

impl Browser {
    /// Starts one. Tests that do are ignored unless they are asked for, since
    /// not every machine has a browser.
    pub fn start() -> Self {
        let program = chromium().expect("chromium in PATH, or named by VGRAD_CHROMIUM");
        let profile = tempfile::tempdir().unwrap();
        let child = Command::new(program)
            .args([
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--disable-dev-shm-usage",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--host-resolver-rules=MAP * ~NOTFOUND",
                "--remote-debugging-port=0",
            ])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg("about:blank")
            .env("HOME", profile.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Ends the process if the connection fails.
        let mut child = Killed(Some(child));
        let (port, path) = address(&profile.path().join("DevToolsActivePort"));
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let url = format!("ws://127.0.0.1:{port}{path}");
        let (socket, _) = tungstenite::client(url, stream).unwrap();
        let mut browser = Self {
            child: child.0.take().unwrap(),
            socket,
            session: None,
            calls: 0,
            complaints: Vec::new(),
            dialogs: 0,
            _profile: profile,
        };
        let target = browser.call("Target.createTarget", json!({"url": "about:blank"}));
        let attached = browser.call(
            "Target.attachToTarget",
            json!({"targetId": target["targetId"], "flatten": true}),
        );
        browser.session = attached["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Runtime", "Log", "Network"] {
            browser.call(&format!("{domain}.enable"), json!({}));
        }
        let offline =
            json!({"offline": true, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0});
        browser.call("Network.emulateNetworkConditions", offline);
        browser
    }

    /// Gives the window a size.
    pub fn resize(&mut self, width: u32, height: u32) {
        let size =
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.call("Emulation.setDeviceMetricsOverride", size);
    }

    /// Opens a file and waits until it is loaded.
    pub fn open(&mut self, file: &Path) {
        let url = format!("file://{}", file.display());
        let answer = self.call("Page.navigate", json!({ "url": url }));
        assert!(answer["errorText"].is_null(), "{answer}");
        self.until("location.protocol === 'file:' && document.readyState === 'complete'");
    }

    /// Unfolds all parts of a report and waits until their charts are drawn.
    #[track_caller]
    pub fn unfold(&mut self) {
        self.value(
            "document.querySelectorAll('details.fold').forEach(fold => { fold.open = true; })",
        );
        self.until(
            "[...document.querySelectorAll('.chart')].every(c => c.querySelector('.main-svg'))",
        );
        self.until("document.querySelectorAll('#layers tbody tr').length > 0");
    }

    /// The value of an expression in the page.
    #[track_caller]
    pub fn value(&mut self, expression: &str) -> Value {
        let asked = json!({"expression": expression, "returnByValue": true, "awaitPromise": true});
        let answer = self.call("Runtime.evaluate", asked);
        assert!(
            answer["exceptionDetails"].is_null(),
            "{expression}: {answer}"
        );
        answer["result"]["value"].clone()
    }

    /// Waits until an expression holds.
    #[track_caller]
    pub fn until(&mut self, condition: &str) {
        let begin = Instant::now();
        while self.value(condition) != Value::Bool(true) {
            assert!(begin.elapsed() < PATIENCE, "never so: {condition}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Clicks into the middle of an element, as a mouse does.
    #[track_caller]
    pub fn click(&mut self, selector: &str) {
        let place = self.value(&format!(
            "(() => {{ const e = document.querySelector({selector:?}); e.scrollIntoView({{block: 'center'}}); \
             const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; }})()"
        ));
        for kind in ["mouseMoved", "mousePressed", "mouseReleased"] {
            let event = json!({"type": kind, "x": place[0], "y": place[1], "button": "left", "clickCount": 1});
            self.call("Input.dispatchMouseEvent", event);
        }
    }

    /// Presses a key of this name and Windows key code.
    pub fn press(&mut self, key: &str, code: u32) {
        // Without its text, Enter does not press a button.
        let text = if key == "Enter" { "\r" } else { "" };
        for kind in ["keyDown", "keyUp"] {
            let event = json!({"type": kind, "key": key, "code": key, "text": text, "windowsVirtualKeyCode": code});
            self.call("Input.dispatchKeyEvent", event);
        }
    }

    /// Calls a method of the protocol and waits for its answer.
    fn call(&mut self, method: &str, params: Value) -> Value {
        self.calls += 1;
        let mut message = json!({"id": self.calls, "method": method, "params": params});
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        self.socket
            .send(Message::text(message.to_string()))
            .unwrap();
        loop {
            let Message::Text(text) = self.socket.read().unwrap() else {
                continue;
            };
            let message: Value = serde_json::from_str(&text).unwrap();
            if message["id"] == json!(self.calls) {
                assert!(message["error"].is_null(), "{method}: {message}");
                return message["result"].clone();
            }
            self.note(&message);
        }
    }

    /// Keeps what an event says that should not be.
    fn note(&mut self, event: &Value) {
        let params = &event["params"];
        let is_bad = match event["method"].as_str() {
            Some("Runtime.exceptionThrown") => true,
            Some("Runtime.consoleAPICalled") => {
                matches!(
                    params["type"].as_str(),
                    Some("error" | "warning" | "assert")
                )
            }
            Some("Log.entryAdded") => {
                matches!(params["entry"]["level"].as_str(), Some("error" | "warning"))
            }
            Some("Network.requestWillBeSent") => {
                let url = params["request"]["url"].as_str().unwrap_or_default();
                !["file:", "data:", "blob:"]
                    .iter()
                    .any(|own| url.starts_with(own))
            }
            Some("Page.javascriptDialogOpening") => {
                self.dialogs += 1;
                // Unanswered, it would block the page.
                let close = json!({"id": 0, "method": "Page.handleJavaScriptDialog",
                    "params": {"accept": false}, "sessionId": self.session});
                self.socket.send(Message::text(close.to_string())).unwrap();
                false
            }
            _ => false,
        };
        if is_bad {
            self.complaints.push(params.to_string());
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

/// A process that does not outlive a failed start.
struct Killed(Option<Child>);

impl Drop for Killed {
    fn drop(&mut self) {
        self.0.iter_mut().for_each(end);
    }
}

/// Ends a process; those that it has started end with it.
fn end(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}

/// Port and path, which the browser writes into a file once it listens.
fn address(file: &Path) -> (u16, String) {
    let begin = Instant::now();
    loop {
        let text = std::fs::read_to_string(file).unwrap_or_default();
        if let Some((port, path)) = text.split_once('\n')
            && !path.is_empty()
        {
            return (port.parse().unwrap(), path.trim().to_owned());
        }
        assert!(begin.elapsed() < PATIENCE, "chromium does not start");
        std::thread::sleep(Duration::from_millis(20));
    }
}
