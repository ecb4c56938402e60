#include "cinder/drivers/target/tgt/tgt_listing.hpp"

#include "base/text.hpp"

namespace cinder::drivers {
namespace {

struct Line {
  size_t indent;
  std::string_view text;
};

Line line_of(std::string_view raw) {
  const size_t indent = raw.find_first_not_of(' ');
  if (indent == std::string_view::npos) return {0, {}};
  return {indent, base::trim(raw)};
}

// What follows "NAME: "; empty if it is another line.
std::string_view value_after(std::string_view text, std::string_view name) {
  if (!text.starts_with(name)) return {};
  return base::trim(text.substr(name.size()));
}

constexpr std::string_view kNoPath = "None";

}  // namespace

// Target 1: IQN / "    Account information:" / "        USERNAME": sections are told by
// indentation.
std::vector<ListedTarget> parse_targets(std::string_view output) {
  std::vector<ListedTarget> targets;
  std::string_view section;
  std::string_view lun;
  for (const std::string_view raw : base::split(output, '\n')) {
    const auto [indent, text] = line_of(raw);
    if (text.empty()) continue;
    if (const auto rest = value_after(text, "Target "); indent == 0 && !rest.empty()) {
      const size_t colon = rest.find(':');
      if (colon == std::string_view::npos) continue;
      ListedTarget& target = targets.emplace_back();
      target.tid = base::parse_integer(rest.substr(0, colon)).value_or(0);
      target.iqn = base::trim(rest.substr(colon + 1));
      continue;
    }
    if (targets.empty()) continue;
    ListedTarget& target = targets.back();
    if (indent == 4) {
      section = text;
    } else if (section == "Account information:") {
      target.usernames.emplace_back(text);
    } else if (section == "ACL information:") {
      target.initiators.emplace_back(text);
    } else if (section == "LUN information:") {
      if (const auto number = value_after(text, "LUN:"); !number.empty()) lun = number;
      if (lun != "1") continue;
      if (const auto path = value_after(text, "Backing store path:");
          !path.empty() && path != kNoPath)
        target.path = path;
      if (value_after(text, "Readonly:") == "Yes") target.read_only = true;
    }
  }
  return targets;
}

std::vector<ListedConnection> parse_connections(std::string_view output) {
  std::vector<ListedConnection> connections;
  std::string session;
  for (const std::string_view raw : base::split(output, '\n')) {
    const std::string_view text = base::trim(raw);
    if (const auto id = value_after(text, "Session:"); !id.empty()) session = id;
    if (const auto id = value_after(text, "Connection:"); !id.empty())
      connections.push_back({session, std::string(id), ""});
    if (const auto name = value_after(text, "Initiator:"); !name.empty() && !connections.empty())
      connections.back().initiator = name.substr(0, name.find(' '));
  }
  return connections;
}

}  // namespace cinder::drivers
