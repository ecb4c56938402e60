// /os-instance_usage_audit_log: how far the periodic audits of usage have come. No host of this
// cloud runs them (Nova's instance_usage_audit is off), which is what the answer says.
// https://docs.openstack.org/api-ref/compute/#server-usage-audit-log-os-instance-usage-audit-log
#include <fmt/format.h>

#include "base/text.hpp"
#include "nova/api/routes.hpp"
#include "nova/store/hosts.hpp"

namespace nova::api {
namespace {

using Days = std::chrono::sys_days;

std::string day_text(Days day) {
  const std::chrono::year_month_day date(day);
  return fmt::format("{:04}-{:02}-{:02} 00:00:00", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

// The last whole month before that time: Nova's default audit period.
void write_period(base::JsonWriter& json, base::TimePoint before) {
  const std::chrono::year_month_day date(std::chrono::floor<std::chrono::days>(before));
  const auto month = date.year() / date.month();
  json.field("period_beginning", day_text(Days((month - std::chrono::months{1}) / 1)));
  json.field("period_ending", day_text(Days(month / 1)));
}

std::vector<std::string> compute_hosts(app::App& app) {
  std::vector<std::string> hosts;
  app.database.read([&](platform::Session& session) {
    for (const auto& service : store::list_services(session))
      if (service.binary_name == "nova-compute") hosts.push_back(service.host);
  });
  return hosts;
}

Response answer_log(app::App& app, std::string_view name, base::TimePoint before) {
  const auto hosts = compute_hosts(app);
  base::JsonWriter json;
  json.begin_object();
  json.key(name);
  json.begin_object();
  write_period(json, before);
  json.field("num_hosts", hosts.size());
  json.field("num_hosts_done", 0);
  json.field("num_hosts_running", 0);
  json.field("num_hosts_not_run", hosts.size());
  json.field("hosts_not_run", hosts);
  json.field("total_instances", 0);
  json.field("total_errors", 0);
  json.field("overall_status", fmt::format("0 of {} hosts done. 0 errors.", hosts.size()));
  json.key("log");
  json.raw("{}");
  json.end_object();
  json.end_object();
  return answer(json);
}

Response list_usage_audit_log(app::App& app, ApiRequest&) {
  return answer_log(app, "instance_usage_audit_logs", app.now());
}

Response show_usage_audit_log(app::App& app, ApiRequest& request) {
  const std::string& text = request.parameter("before");
  const auto before = base::parse_time(base::replace_all(text, " ", "T"));
  if (!before) bad_request("Invalid timestamp for date " + text);
  return answer_log(app, "instance_usage_audit_log", *before);
}

}  // namespace

openstack::Routes usage_audit_log_routes(app::App& app) {
  return {
      {"GET", "/os-instance_usage_audit_log", "os_compute_api:os-instance-usage-audit-log:list",
       bind(app, list_usage_audit_log)},
      {"GET", "/os-instance_usage_audit_log/{before}",
       "os_compute_api:os-instance-usage-audit-log:show", bind(app, show_usage_audit_log)},
  };
}

}  // namespace nova::api
