#include "cinder/store/volume_types.hpp"

namespace cinder::store {
namespace {

using platform::Session;

std::vector<std::string> texts(Session& session, std::string_view sql,
                               const platform::SqlValues& values) {
  std::vector<std::string> found;
  session.query(sql, values, [&](const platform::SqlRow& row) { found.emplace_back(row.text(0)); });
  return found;
}

}  // namespace

std::optional<VolumeTypeRow> find_volume_type(Session& session, const std::string& id_or_name) {
  if (auto found = platform::find<VolumeTypeRow>(session, "WHERE id=?", {id_or_name})) return found;
  return platform::find<VolumeTypeRow>(session, "WHERE name=?", {id_or_name});
}

std::map<std::string, std::string> volume_type_names(Session& session) {
  std::map<std::string, std::string> names;
  session.query("SELECT id, name FROM volume_types", {},
                [&](const platform::SqlRow& row) { names.emplace(row.text(0), row.text(1)); });
  return names;
}

bool has_access(Session& session, const std::string& volume_type_id,
                const std::string& project_id) {
  return platform::number(
             session, "SELECT 1 FROM volume_type_access WHERE volume_type_id=? AND project_id=?",
             {volume_type_id, project_id}) > 0;
}

std::vector<std::string> list_projects_of_type(Session& session,
                                               const std::string& volume_type_id) {
  return texts(session, "SELECT project_id FROM volume_type_access WHERE volume_type_id=?",
               {volume_type_id});
}

void add_access(Session& session, const std::string& volume_type_id,
                const std::string& project_id) {
  session.execute("INSERT INTO volume_type_access (volume_type_id, project_id) VALUES (?,?)",
                  {volume_type_id, project_id});
}

bool remove_access(Session& session, const std::string& volume_type_id,
                   const std::string& project_id) {
  return session.change("DELETE FROM volume_type_access WHERE volume_type_id=? AND project_id=?",
                        {volume_type_id, project_id}) > 0;
}

void delete_volume_type(Session& session, const std::string& id) {
  session.execute("DELETE FROM volume_type_access WHERE volume_type_id=?", {id});
  session.execute("DELETE FROM volume_types WHERE id=?", {id});
}

}  // namespace cinder::store
