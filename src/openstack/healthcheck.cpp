#include "openstack/healthcheck.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdlib>
#include <filesystem>

#include "base/json.hpp"
#include "base/text.hpp"

namespace openstack {
namespace {

using platform::http::Request;
using platform::http::Response;

constexpr std::string_view kPath = "/healthcheck";

// In the order in which they are preferred.
constexpr std::array<std::string_view, 3> kOffered{"text/plain", "text/html", "application/json"};

double quality_of(std::string_view parameters) {
  const size_t found = parameters.find("q=");
  if (found == std::string_view::npos) return 1;
  return std::strtod(std::string(parameters.substr(found + 2)).c_str(), nullptr);
}

bool range_fits(std::string_view range, std::string_view type) {
  if (range == "*/*" || base::equals_ignoring_case(range, type)) return true;
  return range.ends_with("/*") && type.starts_with(range.substr(0, range.size() - 1));
}

// Text if nothing that is offered is wanted: a health check is never refused for its form.
std::string_view choose_type(std::string_view accept) {
  std::string_view best = kOffered.front();
  double best_quality = 0;
  for (const std::string_view type : kOffered)
    for (const std::string_view part : base::split(accept, ',')) {
      const size_t end = part.find(';');
      if (!range_fits(base::trim(part.substr(0, end)), type)) continue;
      const double quality = end == std::string_view::npos ? 1 : quality_of(part.substr(end));
      if (quality <= best_quality) continue;
      best = type;
      best_quality = quality;
    }
  return best;
}

std::string escape_reason(std::string text) {
  text = base::replace_all(std::move(text), "&", "&amp;");
  text = base::replace_all(std::move(text), "<", "&lt;");
  return base::replace_all(std::move(text), ">", "&gt;");
}

std::string html_of(const std::vector<std::string>& reasons) {
  std::string rows;
  for (const std::string& reason : reasons)
    rows += fmt::format("<TR><TD>{}</TD></TR>\n", escape_reason(reason));
  return fmt::format(
      "<HTML>\n<HEAD><TITLE>Healthcheck Status</TITLE></HEAD>\n<BODY>\n<H2>Result of {} "
      "checks:</H2>\n<TABLE bgcolor=\"#ffffff\" border=\"1\">\n<TBODY>\n<TR><TH>Reason</TH></TR>\n"
      "{}</TBODY>\n</TABLE>\n</BODY>\n</HTML>",
      reasons.size(), rows);
}

// With the four blanks of oslo.middleware.
std::string json_of(const std::vector<std::string>& reasons) {
  std::string items;
  for (const std::string& reason : reasons)
    items +=
        fmt::format("{}\n        {}", items.empty() ? "" : ",", base::to_text(base::Json(reason)));
  return fmt::format("{{\n    \"detailed\": false,\n    \"reasons\": [{}\n    ]\n}}", items);
}

std::string body_of(std::string_view type, const std::vector<std::string>& reasons) {
  if (type == "text/html") return html_of(reasons);
  if (type == "application/json") return json_of(reasons);
  return base::join(reasons, "\n");
}

}  // namespace

Response healthcheck_response(const Request& request, const std::vector<std::string>& reasons) {
  Response response;
  const bool healthy = reasons.empty();
  if (request.method == "HEAD") {
    response.status = healthy ? 204 : 503;
    response.headers.set("Content-Type", "text/plain; charset=UTF-8");
    return response;
  }
  response.status = healthy ? 200 : 503;
  const std::string_view type = choose_type(request.headers.value("Accept"));
  response.headers.set("Content-Type", std::string(type) + "; charset=UTF-8");
  response.body = body_of(type, healthy ? std::vector<std::string>{"OK"} : reasons);
  return response;
}

platform::http::Handler with_healthcheck(platform::http::Handler handler, HealthReasons reasons) {
  return [handler = std::move(handler), reasons = std::move(reasons)](Request& request) {
    if (request.path == kPath) return healthcheck_response(request, reasons());
    return handler(request);
  };
}

void add_disabling_file(std::vector<std::string>& reasons, const std::string& path) {
  std::error_code error;
  if (!path.empty() && std::filesystem::exists(path, error))
    reasons.emplace_back("DISABLED BY FILE");
}

}  // namespace openstack
