// The list of labels: finding one among many, and putting one elsewhere by dragging it.
import "./drag.js";
import "./search.js";
