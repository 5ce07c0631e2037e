/* The baseline of `cloister bench reach`: for each pair, the first rule that matches, one filter after the other.
   Rules of all filters lie one behind the other; filter f has those from start[f] to start[f + 1]. A sender has up to
   two filters out, a receiver up to two in; -1 is none. */
#include <stdint.h>

typedef struct {
  uint32_t protocols; /* a bit for each */
  uint32_t port_low, port_high, source_low, source_high, to_low, to_high;
  int32_t allow;
} Rule;

typedef struct { uint32_t protocol, port, source, to; } Flow;

static int passes(const Rule *rules, const int64_t *start, int32_t filter, Flow flow) {
  if (filter < 0) return 1;
  for (int64_t at = start[filter]; at < start[filter + 1]; at++) {
    const Rule *rule = rules + at;
    if ((rule->protocols & flow.protocol) && flow.port >= rule->port_low && flow.port <= rule->port_high &&
        flow.source >= rule->source_low && flow.source <= rule->source_high && flow.to >= rule->to_low &&
        flow.to <= rule->to_high)
      return rule->allow;
  }
  return 0;
}

void all_pairs(const Rule *rules, const int64_t *start, const uint32_t *address, const int32_t *out, const int32_t *in,
               const int64_t *senders, int64_t sender_count, int64_t count, uint32_t protocol, uint32_t port,
               uint8_t *answer) {
#pragma omp parallel for schedule(dynamic, 8)
  for (int64_t row = 0; row < sender_count; row++) {
    int64_t i = senders[row];
    for (int64_t j = 0; j < count; j++) {
      Flow flow = {protocol, port, address[i], address[j]};
      answer[row * count + j] = passes(rules, start, out[2 * i], flow) && passes(rules, start, out[2 * i + 1], flow) &&
                                passes(rules, start, in[2 * j], flow) && passes(rules, start, in[2 * j + 1], flow);
    }
  }
}
