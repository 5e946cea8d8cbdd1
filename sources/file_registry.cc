#include "sources/file_registry.h"

#include <algorithm>
#include <utility>

#include "sources/rotated_name.h"

namespace logmill {
namespace {

bool IsSame(const FilePosition& a, const FilePosition& b) {
  return a.path == b.path && a.id == b.id && a.read == b.read && a.size == b.size && a.head_hash == b.head_hash && a.tail == b.tail;
}

}  // namespace

bool FileRegistry::Take(const FileId& id, const std::string& source) {
  const MutexLock lock(mutex_);
  if (expected_.contains(id) || !taken_.try_emplace(id, source).second) return false;
  ForgetId(id);
  return true;
}

bool FileRegistry::IsTaken(const FileId& id) const {
  const MutexLock lock(mutex_);
  return taken_.contains(id) || expected_.contains(id);
}

std::string FileRegistry::TakenBy(const FileId& id) const {
  const MutexLock lock(mutex_);
  const auto at = taken_.find(id);
  return at == taken_.end() ? std::string() : at->second;
}

void FileRegistry::Release(const FileId& id) {
  const MutexLock lock(mutex_);
  taken_.erase(id);
}

void FileRegistry::Leave(FilePosition position) {
  const MutexLock lock(mutex_);
  taken_.erase(position.id);
  ForgetId(position.id);
  Keep(std::move(position));
}

void FileRegistry::Remember(FilePosition position) {
  const MutexLock lock(mutex_);
  const bool known = position.id == FileId{} ? Has(position) : taken_.contains(position.id) || by_id_.contains(position.id);
  if (!known) Keep(std::move(position));
}

void FileRegistry::Expect(const FileId& id) {
  const MutexLock lock(mutex_);
  expected_.insert(id);
}

void FileRegistry::Expected(const FileId& id) {
  const MutexLock lock(mutex_);
  expected_.erase(id);
}

FileRegistry::Log& FileRegistry::LogOf(const FilePosition& position) {
  return by_key_[RotationKey(BaseName(position.path))][CurrentPath(position.path)];
}

bool FileRegistry::Has(const FilePosition& position) {
  return std::ranges::any_of(LogOf(position), [&](const Files::iterator& file) { return IsSame(*file, position); });
}

void FileRegistry::Keep(FilePosition position) {
  if (position.finished) position.milestones.clear();
  Log& log = LogOf(position);
  const auto file = left_.insert(left_.end(), std::move(position));
  log.push_back(file);
  if (file->id != FileId{}) by_id_[file->id] = file;
  if (log.size() > kMostOfLog) Drop(log.front());
  if (left_.size() > kMostFiles) Drop(left_.begin());
}

std::optional<FilePosition> FileRegistry::Known(const FileId& id) {
  const MutexLock lock(mutex_);
  const auto at = by_id_.find(id);
  if (at == by_id_.end()) return std::nullopt;
  Log& log = LogOf(*at->second);
  left_.splice(left_.end(), left_, at->second);
  log.splice(log.end(), log, std::ranges::find(log, at->second));
  return *at->second;
}

std::vector<FilePosition> FileRegistry::LeftOf(const std::string& current) const {
  const MutexLock lock(mutex_);
  std::vector<FilePosition> left;
  const auto of_key = by_key_.find(std::string(BaseName(current)));
  if (of_key == by_key_.end()) return left;
  const auto log = of_key->second.find(current);
  if (log == of_key->second.end()) return left;
  for (const auto& file : log->second) left.push_back(*file);
  return left;
}

std::vector<std::string> FileRegistry::LogsCalled(const std::string& key) const {
  const MutexLock lock(mutex_);
  std::vector<std::string> logs;
  const auto of_key = by_key_.find(key);
  if (of_key == by_key_.end()) return logs;
  for (const auto& [current, log] : of_key->second) logs.push_back(current);
  return logs;
}

std::vector<FilePosition> FileRegistry::Left() const {
  const MutexLock lock(mutex_);
  return {left_.begin(), left_.end()};
}

void FileRegistry::Drop(Files::iterator file) {
  const auto of_key = by_key_.find(RotationKey(BaseName(file->path)));
  const auto log = of_key->second.find(CurrentPath(file->path));
  log->second.remove(file);
  if (log->second.empty()) of_key->second.erase(log);
  if (of_key->second.empty()) by_key_.erase(of_key);
  const auto of_id = by_id_.find(file->id);
  if (of_id != by_id_.end() && of_id->second == file) by_id_.erase(of_id);
  left_.erase(file);
}

void FileRegistry::ForgetId(const FileId& id) {
  const auto at = by_id_.find(id);
  if (at != by_id_.end()) Drop(at->second);
}

}  // namespace logmill
