// `nephele doctor`.
#include <fmt/core.h>

#include <filesystem>

#include "base/error.hpp"
#include "base/text.hpp"
#include "nephele/cloud.hpp"
#include "nephele/commands.hpp"
#include "nephele/defects.hpp"
#include "neutron/agents/service.hpp"
#include "nova/compute/service.hpp"
#include "platform/process.hpp"

namespace nephele {
namespace {

using platform::Finding;
using platform::Severity;

const char* to_text(Severity severity) {
  switch (severity) {
    case Severity::ok:
      return "ok";
    case Severity::warning:
      return "warning";
    case Severity::problem:
      return "PROBLEM";
  }
  return "";
}

platform::Runtime tool_runtime() {
  return {platform::system_executor(), platform::system_clock(), platform::system_random(),
          platform::null_tracer(), ""};
}

int64_t count(platform::Database& database, const char* sql) {
  return database.read([&](platform::Session& session) {
    int64_t result = 0;
    session.query(sql, {}, [&](const platform::SqlRow& row) { result = row.integer(0); });
    return result;
  });
}

// What a service has not finished: each row is one message that nobody has settled.
Finding outbox(platform::Database& database, const std::string& name) {
  const int64_t waiting = count(database, "SELECT COUNT(*) FROM outbox");
  if (waiting == 0) return {Severity::ok, name + " outbox", "is empty", ""};
  return {Severity::warning, name + " outbox",
          fmt::format("{} messages are not settled yet", waiting),
          "normal while work is in progress; if it stays, look for errors in the log"};
}

// What Neutron's agents said last that they could not do.
std::vector<Finding> agents(platform::Database& neutron) {
  return neutron.read([](platform::Session& session) {
    std::vector<Finding> findings;
    session.query(
        "SELECT agent_type, host, configurations FROM agents", {},
        [&](const platform::SqlRow& row) {
          const base::Json configurations = base::parse_json(row.text(2));
          const base::Json* problems = base::find(configurations, "problems");
          if (!problems || !problems->is_array()) return;
          for (const base::Json& problem : problems->get_array())
            findings.push_back({Severity::problem, std::string(row.text(0)),
                                fmt::format("on {}: {}", row.text(1), base::to_text(problem)),
                                "it is tried again all the time; the log says more"});
        });
    return findings;
  });
}

std::vector<Finding> examine_service(const CommandLine& line, const std::string& name) {
  try {
    const ServiceEntry& service = get_service(name);
    platform::Config config = load_config(line, service);
    const auto database = find_database(line, service, config);
    if (!database) return {{Severity::ok, name, "has no database yet", ""}};
    std::vector<Finding> findings;
    if (name == "neutron") findings = agents(*database);
    findings.insert(findings.begin(), outbox(*database, name));
    return findings;
  } catch (const base::Error& error) {
    return {{Severity::problem, name + " database", error.message(),
             "see [database] connection in " + name + ".conf"}};
  }
}

std::vector<Finding> examine_state(const CommandLine& line) {
  std::vector<Finding> findings;
  for (const char* name : {"glance", "cinder", "neutron", "nova"})
    for (Finding& finding : examine_service(line, name)) findings.push_back(std::move(finding));
  return findings;
}

void print_finding(const Finding& finding) {
  fmt::print("  {:<8} {:<20} {}\n", to_text(finding.severity), finding.subject, finding.text);
  if (!finding.advice.empty()) fmt::print("  {:<8} {:<20} -> {}\n", "", "", finding.advice);
}

void print(const std::string& title, const std::vector<Finding>& findings) {
  fmt::print("{}\n", title);
  for (const Finding& finding : findings) print_finding(finding);
}

bool has_problem(const std::vector<Finding>& findings) {
  for (const Finding& finding : findings)
    if (finding.severity == Severity::problem) return true;
  return false;
}

// Whether a problem remains.
bool mend(const std::vector<Defect>& defects, bool repair) {
  bool remains = false;
  fmt::print("what does not belong\n");
  if (defects.empty()) fmt::print("  {:<8} nothing was found\n", to_text(Severity::ok));
  for (const Defect& defect : defects) {
    print_finding(defect.finding);
    bool mended = false;
    if (repair && defect.mend) {
      try {
        fmt::print("  {:<8} {:<20} {}\n", "repaired", "", defect.mend());
        mended = true;
      } catch (const base::Error& error) {
        fmt::print("  {:<8} {:<20} not repaired: {}\n", "", "", error.what());
      }
    }
    remains |= !mended && defect.finding.severity == Severity::problem;
  }
  return remains;
}

}  // namespace

int examine(const CommandLine& line) {
  const std::vector<Finding> compute = nova::compute::examine_host(tool_runtime());
  const std::vector<Finding> network = neutron::agents::examine_host();
  const std::vector<Finding> state = examine_state(line);
  print("running guests", compute);
  print("wiring networks", network);
  print("the cloud in " + line.state_dir, state);
  const bool defect = mend(find_defects(line), line.repair);
  return defect || has_problem(compute) || has_problem(network) || has_problem(state) ? 1 : 0;
}

}  // namespace nephele
