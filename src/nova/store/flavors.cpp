#include "nova/store/flavors.hpp"

#include "base/error.hpp"
#include "nova/store/counters.hpp"

namespace nova::store {

using platform::Session;
using platform::SqlValues;

std::vector<FlavorRow> list_flavors(Session& session, const FlavorQuery& query) {
  std::string where = "WHERE disabled=0";
  SqlValues values;
  if (query.visibility == FlavorVisibility::is_public && query.project_id.empty())
    where += " AND is_public=1";
  if (query.visibility == FlavorVisibility::is_public && !query.project_id.empty()) {
    where +=
        " AND (is_public=1 OR flavor_id IN (SELECT flavor_id FROM flavor_access WHERE "
        "project_id=?))";
    values.emplace_back(query.project_id);
  }
  if (query.visibility == FlavorVisibility::is_private) where += " AND is_public=0";
  if (query.min_memory_mib) {
    where += " AND memory_mib>=?";
    values.emplace_back(*query.min_memory_mib);
  }
  if (query.min_disk_gib) {
    where += " AND disk_gib>=?";
    values.emplace_back(*query.min_disk_gib);
  }
  if (!query.page.marker.empty()) {
    const auto marker = find_flavor(session, query.page.marker);
    if (!marker)
      throw base::Error(base::ErrorKind::bad_request,
                        "marker [" + query.page.marker + "] not found");
    std::string list;
    for (const auto& key : query.page.sort) list += (list.empty() ? "" : ", ") + key.column;
    SqlValues marker_row;
    session.query("SELECT " + list + " FROM flavors WHERE flavor_id=?", {query.page.marker},
                  [&](const platform::SqlRow& row) {
                    for (size_t i = 0; i < row.size(); ++i) {
                      const std::string& column = query.page.sort[i].column;
                      if (column == "name" || column == "flavor_id" || column == "description")
                        marker_row.emplace_back(row.text(i));
                      else
                        marker_row.emplace_back(row.integer(i));
                    }
                  });
    const auto after = openstack::after_marker(query.page.sort, marker_row);
    where += after.text;
    values.insert(values.end(), after.values.begin(), after.values.end());
  }
  const auto order = openstack::order_and_limit(query.page);
  values.insert(values.end(), order.values.begin(), order.values.end());
  return platform::select<FlavorRow>(session, where + order.text, values);
}

std::optional<FlavorRow> find_flavor(Session& session, const std::string& flavor_id) {
  return platform::find<FlavorRow>(session, "WHERE flavor_id=?", {flavor_id});
}

std::optional<FlavorRow> find_flavor_for(Session& session, const std::string& flavor_id,
                                         const std::string& project_id) {
  auto row = find_flavor(session, flavor_id);
  if (!row || row->is_public || project_id.empty()) return row;
  if (!has_flavor_access(session, flavor_id, project_id)) return std::nullopt;
  return row;
}

void create_flavor(Session& session, FlavorRow& row) {
  row.number = take_numbers(session, "flavors");
  platform::insert(session, row);
}

void delete_flavor(Session& session, const std::string& flavor_id) {
  session.execute("DELETE FROM flavors WHERE flavor_id=?", {flavor_id});
  session.execute("DELETE FROM flavor_access WHERE flavor_id=?", {flavor_id});
}

std::vector<std::string> list_flavor_access(Session& session, const std::string& flavor_id) {
  std::vector<std::string> projects;
  session.query("SELECT project_id FROM flavor_access WHERE flavor_id=? ORDER BY project_id",
                {flavor_id},
                [&](const platform::SqlRow& row) { projects.emplace_back(row.text(0)); });
  return projects;
}

bool has_flavor_access(Session& session, const std::string& flavor_id,
                       const std::string& project_id) {
  return platform::number(session,
                          "SELECT COUNT(*) FROM flavor_access WHERE flavor_id=? AND project_id=?",
                          {flavor_id, project_id}) > 0;
}

void add_flavor_access(Session& session, const std::string& flavor_id,
                       const std::string& project_id) {
  session.execute("INSERT INTO flavor_access (flavor_id, project_id) VALUES (?,?)",
                  {flavor_id, project_id});
}

int64_t remove_flavor_access(Session& session, const std::string& flavor_id,
                             const std::string& project_id) {
  return session.change("DELETE FROM flavor_access WHERE flavor_id=? AND project_id=?",
                        {flavor_id, project_id});
}

}  // namespace nova::store
