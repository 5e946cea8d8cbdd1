#include "sources/file_registry.h"

#include <algorithm>
#include <utility>

#include "sources/rotated_name.h"

namespace logmill {
namespace {

std::string KeyOf(const FilePosition& position) { return RotationKey(BaseName(position.path)); }

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
  if (!taken_.contains(position.id) && !by_id_.contains(position.id)) Keep(std::move(position));
}

void FileRegistry::Expect(const FileId& id) {
  const MutexLock lock(mutex_);
  expected_.insert(id);
}

void FileRegistry::Expected(const FileId& id) {
  const MutexLock lock(mutex_);
  expected_.erase(id);
}

void FileRegistry::Keep(FilePosition position) {
  if (position.finished) position.milestones.clear();
  auto& of_key = by_key_[KeyOf(position)];
  const auto file = left_.insert(left_.end(), std::move(position));
  of_key.push_back(file);
  if (file->id != FileId{}) by_id_[file->id] = file;
  if (of_key.size() > kMostOfKey) Drop(of_key.front());
  if (left_.size() > kMostFiles) Drop(left_.begin());
}

std::optional<FilePosition> FileRegistry::Known(const FileId& id) const {
  const MutexLock lock(mutex_);
  const auto at = by_id_.find(id);
  return at == by_id_.end() ? std::nullopt : std::optional(*at->second);
}

std::vector<FilePosition> FileRegistry::LeftOf(const std::string& key) const {
  const MutexLock lock(mutex_);
  std::vector<FilePosition> left;
  const auto of_key = by_key_.find(key);
  if (of_key == by_key_.end()) return left;
  for (const auto& file : of_key->second) left.push_back(*file);
  return left;
}

std::vector<FilePosition> FileRegistry::Left() const {
  const MutexLock lock(mutex_);
  return {left_.begin(), left_.end()};
}

void FileRegistry::Drop(Files::iterator file) {
  const auto of_key = by_key_.find(KeyOf(*file));
  of_key->second.remove(file);
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
