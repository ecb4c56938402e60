#include "platform/trace.hpp"

#include <algorithm>
#include <exception>
#include <filesystem>
#include <fstream>

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "platform/current_request.hpp"
#include "platform/trace_line.hpp"

namespace platform {
namespace {

class NullTracer final : public Tracer {
 public:
  void record(Hop) override {}
};

// A name from a URL may hold any bytes, JSON may not.
std::string as_utf8(std::string text) {
  if (base::utf8_length(text)) return text;
  for (char& c : text)
    if (static_cast<unsigned char>(c) >= 0x80) c = '?';
  return text;
}

// nullopt for a line that is no hop, e.g. one torn by a crash.
std::optional<Hop> parse_hop(std::string_view line) {
  try {
    const base::Json json = base::parse_json(line);
    Hop hop;
    hop.request_id = base::get_text(json, "request_id");
    hop.role = base::text_or(json, "role");
    hop.host = base::text_or(json, "host");
    hop.kind = base::get_text(json, "kind");
    hop.name = base::get_text(json, "name");
    hop.started = base::parse_time(base::get_text(json, "started")).value_or(base::TimePoint{});
    hop.duration = base::Duration{base::integer_or(json, "duration_us", 0)};
    hop.outcome = base::text_or(json, "outcome");
    return hop;
  } catch (const base::Error&) {
    return std::nullopt;
  }
}

void read_hops(const std::filesystem::path& file, std::string_view request_id,
               std::vector<Hop>& hops) {
  std::ifstream in(file);
  std::string line;
  while (std::getline(in, line)) {
    if (line.find(request_id) == std::string::npos) continue;
    std::optional<Hop> hop = parse_hop(line);
    if (hop && hop->request_id == request_id) hops.push_back(std::move(*hop));
  }
}

}  // namespace

std::string to_trace_line(const Hop& hop) {
  base::JsonWriter json;
  json.begin_object();
  json.field("started", base::format_microseconds(hop.started));
  json.field("duration_us", hop.duration.count());
  json.field("request_id", as_utf8(hop.request_id));
  json.field("role", hop.role);
  json.field("host", hop.host);
  json.field("kind", hop.kind);
  json.field("name", as_utf8(hop.name));
  json.field("outcome", as_utf8(hop.outcome));
  json.end_object();
  return json.take() + "\n";
}

Tracer& null_tracer() {
  static NullTracer tracer;
  return tracer;
}

std::vector<Hop> read_trace(const std::string& directory, std::string_view request_id) {
  std::vector<Hop> hops;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error))
    if (entry.path().extension() == ".jsonl") read_hops(entry.path(), request_id, hops);
  // Of two that start together, the longer one holds the other.
  std::sort(hops.begin(), hops.end(), [](const Hop& a, const Hop& b) {
    return a.started != b.started ? a.started < b.started : a.duration > b.duration;
  });
  return hops;
}

HopScope::HopScope(Tracer& tracer, const Clock& clock, std::string kind, std::string name)
    : tracer_(tracer),
      clock_(clock),
      start_(clock.steady()),
      exceptions_(std::uncaught_exceptions()) {
  const CurrentRequest& request = current_request();
  hop_.request_id = request.request_id;
  hop_.role = request.role;
  hop_.host = request.host;
  hop_.kind = std::move(kind);
  hop_.name = std::move(name);
  hop_.started = clock.now();
}

HopScope::~HopScope() {
  if (hop_.request_id.empty()) return;
  hop_.duration = clock_.steady() - start_;
  if (hop_.outcome.empty())
    hop_.outcome = std::uncaught_exceptions() > exceptions_ ? "failed" : "ok";
  tracer_.record(std::move(hop_));
}

void HopScope::outcome(std::string text) { hop_.outcome = std::move(text); }

}  // namespace platform
