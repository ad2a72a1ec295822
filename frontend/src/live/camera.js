// The host's camera or screen (画面): recorded by the browser in short pieces, sent one after the other.
// A piece that was not taken is sent again; a new session begins where the old one was cut off.
const PIECE = 1000;
const KINDS = [
  "video/mp4;codecs=avc1.42E01F,mp4a.40.2", "video/webm;codecs=h264,opus", "video/webm;codecs=vp9,opus", "video/webm;codecs=vp8,opus", "video/webm",
];

const session = () => Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, "0")).join("");

class Sender {
  constructor(address, told) {
    this.address = address;
    this.told = told;
    this.session = session();
    this.index = 0;
    this.waiting = [];
    this.busy = false;
  }

  add(blob) {
    if (blob.size) this.waiting.push(blob);
    this.run();
  }

  async run() {
    if (this.busy || this.ended) return;
    this.busy = true;
    while (this.waiting.length && !this.ended) {
      try {
        const answer = await fetch(`${this.address}/${this.session}/${this.index}`, {
          method: "POST", body: this.waiting[0],
          headers: { "X-CSRFToken": document.querySelector("meta[name=csrf-token]").content, "X-Requested-With": "fetch", Accept: "application/json", "Content-Type": "application/octet-stream" },
        });
        const told = await answer.json();
        if (!answer.ok) return this.end(told.error);
        if (told.next === this.index + 1) {
          this.waiting.shift();
          this.index = told.next;
          this.told("sending");
        } else return this.end("画面中断了，请重新打开。");
      } catch {
        this.told("waiting");
        if (this.waiting.length > 60) return this.end("网络中断太久，请重新打开画面。");
        await new Promise((done) => setTimeout(done, 1500));
      }
    }
    this.busy = false;
  }

  end(why) {
    this.ended = true;
    this.told("ended", why);
  }
}

export function startCamera(root, onAir, say) {
  const panel = root.querySelector("[data-camera]");
  if (!panel || !navigator.mediaDevices || !window.MediaRecorder) {
    panel?.querySelector("[data-camera-none]")?.removeAttribute("hidden");
    return;
  }
  const video = root.querySelector("[data-preview]");
  const line = panel.querySelector("[data-camera-state]");
  let stream = null;
  let recorder = null;

  const show = (state, why) => {
    panel.dataset.state = state;
    line.textContent = {
      off: "没有画面，观众看到的是幻灯片。", preview: "预览中，开播后自动推送。", sending: "正在推送画面。", waiting: "网络不稳定，正在重试…", ended: why || "画面已停止。",
    }[state];
    panel.querySelector("[data-camera-stop]").hidden = !stream;
    for (const button of panel.querySelectorAll("[data-camera-start]")) button.hidden = Boolean(stream);
  };

  const record = () => {
    if (!stream || recorder || !onAir()) return;
    const mimeType = KINDS.find((kind) => MediaRecorder.isTypeSupported(kind));
    const sender = new Sender(panel.dataset.camera, (state, why) => {
      show(state, why);
      if (state === "ended") stop(why);
    });
    recorder = new MediaRecorder(stream, { mimeType, videoBitsPerSecond: 1_200_000, audioBitsPerSecond: 96_000, videoKeyFrameIntervalDuration: 1000 });
    recorder.addEventListener("dataavailable", (event) => sender.add(event.data));
    recorder.start(PIECE);
    show("sending");
  };

  const stop = (why) => {
    if (recorder && recorder.state !== "inactive") recorder.stop();
    recorder = null;
    for (const track of stream?.getTracks() ?? []) track.stop();
    stream = null;
    video.srcObject = null;
    video.hidden = true;
    show(why ? "ended" : "off", why);
  };

  for (const button of panel.querySelectorAll("[data-camera-start]")) {
    button.disabled = false; // a press before this script would be lost
    button.addEventListener("click", async () => {
      try {
        stream = button.dataset.cameraStart === "screen"
          ? await navigator.mediaDevices.getDisplayMedia({ video: { height: 720, frameRate: 20 }, audio: true })
          : await navigator.mediaDevices.getUserMedia({ video: { width: 1280, height: 720, frameRate: 24 }, audio: { echoCancellation: true } });
      } catch (error) {
        const refused = error.name === "NotAllowedError";
        say(refused ? "浏览器没有允许使用摄像头，请在地址栏左侧打开权限。" : "没有找到可用的摄像头或麦克风。", "warning");
        return;
      }
      stream.getVideoTracks()[0].addEventListener("ended", () => stop());
      video.srcObject = stream;
      video.hidden = false;
      show("preview");
      record();
    });
  }
  panel.querySelector("[data-camera-stop]").addEventListener("click", () => stop());
  show("off");
  return { record, stop };
}
