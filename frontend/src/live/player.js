// The picture of the room (直播画面): HLS, native where the browser does it, else hls.js; slides when there is none.
// A picture that stands still (camera closed, network of the host gone) makes way for the slides until it goes on.
const STILL = 8000; // 毫秒

export class Player {
  constructor(root) {
    this.root = root;
    this.video = root.querySelector("[data-video]");
    this.unmute = root.querySelector("[data-unmute]");
    this.hls = null;
    this.unmute?.addEventListener("click", () => {
      this.video.muted = false;
      this.unmute.hidden = true;
    });
  }

  async show(on) {
    if (!this.video) return;
    if (!on) return this.stop();
    if (this.running) return;
    this.running = true;
    const address = `${this.root.dataset.url}/picture/live.m3u8`;
    if (this.video.canPlayType("application/vnd.apple.mpegurl") && !window.MediaSource) {
      this.video.src = address;
      this.play();
      return;
    }
    const { default: Hls } = await import("hls.js/light");
    if (!Hls.isSupported() || !this.running) return;
    this.hls = new Hls({
      liveSyncDurationCount: 2, liveMaxLatencyDurationCount: 6, maxLiveSyncPlaybackRate: 1.3, manifestLoadingMaxRetry: 30, manifestLoadingRetryDelay: 1000,
      levelLoadingMaxRetry: 30, fragLoadingMaxRetry: 10, enableWorker: false,
    });
    this.hls.on(Hls.Events.ERROR, (_event, trouble) => {
      if (!trouble.fatal || !this.hls) return;
      if (trouble.type === Hls.ErrorTypes.MEDIA_ERROR) return this.hls.recoverMediaError();
      this.stop();
      this.again = setTimeout(() => this.show(true), 3000);
    });
    this.hls.on(Hls.Events.LEVEL_LOADED, (_event, { details }) => this.follow(details.endSN));
    this.hls.loadSource(address);
    this.hls.attachMedia(this.video);
    this.play();
  }

  follow(segment) {
    const now = performance.now();
    if (segment !== this.newest) {
      if (this.still) this.seen();
      this.newest = segment;
      this.moved = now;
    } else if (now - this.moved > STILL && !this.still) {
      this.still = true;
      this.hide();
    }
  }

  seen() {
    this.still = false;
    this.root.dataset.picture = "on";
    this.video.hidden = false;
    if (this.unmute) this.unmute.hidden = !this.video.muted;
    this.video.play().catch(() => {});
  }

  hide() {
    this.video.hidden = true;
    if (this.unmute) this.unmute.hidden = true;
    delete this.root.dataset.picture;
  }

  play() {
    this.video.addEventListener("playing", () => this.seen(), { once: true });
    this.video.hidden = false;
    this.video.play().catch(() => {});
  }

  stop() {
    clearTimeout(this.again);
    this.running = this.still = false;
    this.newest = null;
    this.hls?.destroy();
    this.hls = null;
    if (!this.video) return;
    this.video.removeAttribute("src");
    this.hide();
  }
}
