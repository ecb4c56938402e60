#include "platform/metrics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>

#include "platform/log.hpp"

namespace platform::metrics {
namespace {

enum class Type { counter, gauge, histogram };

const char* type_text(Type type) {
  switch (type) {
    case Type::counter:
      return "counter";
    case Type::gauge:
      return "gauge";
    case Type::histogram:
      return "histogram";
  }
  return "";
}

[[noreturn]] void refuse_metric(std::string_view name, std::string_view what) {
  log_error("metric misused name={} problem={}", name, what);
  flush_log();
  std::abort();
}

std::string escape(std::string_view text, bool quotes) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\\') {
      escaped += "\\\\";
    } else if (c == '\n') {
      escaped += "\\n";
    } else if (c == '"' && quotes) {
      escaped += "\\\"";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

// `method="GET",route="/servers"`
std::string render_labels(const Labels& labels) {
  std::string text;
  for (const auto& [name, value] : labels)
    text += fmt::format("{}{}=\"{}\"", text.empty() ? "" : ",", name, escape(value, true));
  return text;
}

std::vector<std::string> names_of(const Labels& labels) {
  std::vector<std::string> names;
  for (const auto& label : labels) names.emplace_back(label.first);
  return names;
}

std::string number_text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return fmt::format("{}", value);
}

std::string braces(std::string_view labels) {
  return labels.empty() ? "" : fmt::format("{{{}}}", labels);
}

void append(std::string& out, std::string_view name, std::string_view labels,
            const Counter& counter) {
  out += fmt::format("{}{} {}\n", name, braces(labels), counter.value());
}

void append(std::string& out, std::string_view name, std::string_view labels, const Gauge& gauge) {
  out += fmt::format("{}{} {}\n", name, braces(labels), number_text(gauge.value()));
}

void append(std::string& out, std::string_view name, std::string_view labels,
            const Histogram& histogram) {
  const auto counts = histogram.counts();
  const std::string_view comma = labels.empty() ? "" : ",";
  uint64_t below = 0;
  for (size_t i = 0; i < counts.size(); ++i) {
    below += counts[i];
    out += fmt::format("{}_bucket{{{}{}le=\"{}\"}} {}\n", name, labels, comma,
                       i < kBounds.size() ? number_text(kBounds[i]) : "+Inf", below);
  }
  out += fmt::format("{}_sum{} {}\n", name, braces(labels), number_text(histogram.sum_seconds()));
  out += fmt::format("{}_count{} {}\n", name, braces(labels), below);
}

template <class Metric>
using Series = std::map<std::string, std::unique_ptr<Metric>>;  // by rendered labels

// All metrics of one name. Of the three, the one that its type names is used.
struct Family {
  std::string help;
  Type type = Type::counter;
  std::vector<std::string> label_names;
  Series<Counter> counters;
  Series<Gauge> gauges;
  Series<Histogram> histograms;
};

template <class Metric>
void append_all(std::string& out, const std::string& name, const Series<Metric>& series) {
  for (const auto& [labels, metric] : series) append(out, name, labels, *metric);
}

}  // namespace

void Histogram::observe(base::Duration duration) noexcept {
  const auto microseconds = static_cast<uint64_t>(std::max<int64_t>(duration.count(), 0));
  const double seconds = static_cast<double>(microseconds) / 1e6;
  const auto bucket = std::lower_bound(kBounds.begin(), kBounds.end(), seconds) - kBounds.begin();
  counts_[static_cast<size_t>(bucket)].fetch_add(1, std::memory_order_relaxed);
  sum_microseconds_.fetch_add(microseconds, std::memory_order_relaxed);
}

std::array<uint64_t, kBounds.size() + 1> Histogram::counts() const noexcept {
  std::array<uint64_t, kBounds.size() + 1> counts{};
  for (size_t i = 0; i < counts.size(); ++i) counts[i] = counts_[i].load(std::memory_order_relaxed);
  return counts;
}

double Histogram::sum_seconds() const noexcept {
  return static_cast<double>(sum_microseconds_.load(std::memory_order_relaxed)) / 1e6;
}

struct Registry::State {
  template <class Metric>
  Metric& get(Series<Metric> Family::* series, Type type, const Description& what,
              const Labels& labels);

  mutable std::shared_mutex mutex;
  std::map<std::string, Family, std::less<>> families;
};

template <class Metric>
Metric& Registry::State::get(Series<Metric> Family::* series, Type type, const Description& what,
                             const Labels& labels) {
  const std::string key = render_labels(labels);
  {
    const std::shared_lock lock(mutex);
    const auto family = families.find(what.name);
    if (family != families.end() && family->second.type == type) {
      const auto& known = family->second.*series;
      if (const auto found = known.find(key); found != known.end()) return *found->second;
    }
  }
  const std::unique_lock lock(mutex);
  const auto [family, is_new] = families.try_emplace(std::string(what.name));
  if (is_new) {
    family->second.help = what.help;
    family->second.type = type;
    family->second.label_names = names_of(labels);
  }
  if (family->second.type != type) refuse_metric(what.name, "it has another type");
  if (family->second.label_names != names_of(labels))
    refuse_metric(what.name, "it has other labels");
  std::unique_ptr<Metric>& metric = (family->second.*series)[key];
  if (!metric) metric = std::make_unique<Metric>();
  return *metric;
}

Registry::Registry() : state_(std::make_unique<State>()) {}
Registry::~Registry() = default;

Counter& Registry::counter(const Description& what, const Labels& labels) {
  return state_->get(&Family::counters, Type::counter, what, labels);
}

Gauge& Registry::gauge(const Description& what, const Labels& labels) {
  return state_->get(&Family::gauges, Type::gauge, what, labels);
}

Histogram& Registry::histogram(const Description& what, const Labels& labels) {
  return state_->get(&Family::histograms, Type::histogram, what, labels);
}

Gauge& Registry::foreign_counter(const Description& what, const Labels& labels) {
  return state_->get(&Family::gauges, Type::counter, what, labels);
}

std::string Registry::text() const {
  std::string out;
  const std::shared_lock lock(state_->mutex);
  for (const auto& [name, family] : state_->families) {
    out += fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n", name, escape(family.help, false),
                       type_text(family.type));
    append_all(out, name, family.counters);
    append_all(out, name, family.gauges);
    append_all(out, name, family.histograms);
  }
  return out;
}

Registry& registry() {
  // Never destroyed: threads may count while the program exits.
  static auto* instance = new Registry;
  return *instance;
}

}  // namespace platform::metrics
