// Behaviours of every page. All of them enhance pages that work without them; none uses inline code.
import { startBulk } from "./behaviour/bulk.js";
import { startCharts } from "./behaviour/charts.js";
import { startClocks } from "./behaviour/clocks.js";
import { startCopy } from "./behaviour/copy.js";
import { startDialogs } from "./behaviour/dialogs.js";
import { startDrafts } from "./behaviour/drafts.js";
import { startFields } from "./behaviour/fields.js";
import { startMenus } from "./behaviour/menus.js";
import { startPolls } from "./behaviour/polls.js";
import { startScrollers } from "./behaviour/scrollers.js";
import { startSubmits } from "./behaviour/submits.js";
import { startTabs } from "./behaviour/tabs.js";
import { startToasts } from "./behaviour/toasts.js";
import { startTours } from "./behaviour/tours.js";
import { startDecor } from "./mall/decor.js";
import { startGoods } from "./mall/goods.js";
import { startSuggest } from "./mall/suggest.js";
import { startAfterSale } from "./mall/aftersale.js";
import { startRules } from "./mall/rules.js";
import { startTrade } from "./mall/trade.js";

const behaviours = [
  startDialogs, startMenus, startDrafts, startSubmits, startFields, startClocks, startBulk, startCopy, startTabs, startToasts,
  startCharts, startPolls, startScrollers, startTours, startTrade, startDecor, startGoods, startSuggest, startAfterSale,
  startCharts, startPolls, startScrollers, startTours, startTrade, startDecor, startGoods, startSuggest, startRules,
];

/** Give life to everything below root; safe to call again on the same tree. */
export function enhance(root) {
  for (const start of behaviours) start(root, enhance);
}

enhance(document);
document.documentElement.dataset.ready = "true";
